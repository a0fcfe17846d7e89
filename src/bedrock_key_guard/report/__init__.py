"""Tell people what a run found. Pure: values in, text out.

report, status, totals       what was found, the status of each key, and what the run amounts to
details, advice              what is known of a key, and what people must still do
usage_sections, call_chart   who used a key, in sections and as a drawing
document                     what a section is: every output lays the same ones out

terminal/                    text for a terminal and a log, and for a developer who is stopped
github/                      the job summary, the issue, and annotations
html/                        one page
json/                        for programs, by schema-v1.json
sarif/                       for code scanning
"""
