"""Tell people what a run found. Pure: values in, text out.

report, status, totals       what was found, the status of each key, and what the run amounts to
facts, exposure, details     whose a key is, who put it there, how long, what was done about it
advice, replacement          what people must still do, the next step first, and use instead
usage_sections, call_chart   what a key opened, who used it, at what cost; and as a drawing
document                     what a section is: every output lays the same ones out

terminal/                    text for a terminal and a log, and for a developer who is stopped
github/                      the job summary, the issue, and annotations
html/                        one page
json/                        for programs, by schema-v1.json
sarif/                       for code scanning
"""
