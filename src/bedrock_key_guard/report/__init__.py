"""Tell people what a run found. Pure: values in, text out.

report, assemble             what every renderer takes, and who may read what of it
standing, counts, totals     how a key stands in the end, and what the run amounts to
describe, details, usage     what is known of a key and of its use, in words
advice, replacement          what people must still do, and what to use instead

text, usage_text             for a terminal and a log; bars draws on a canvas
blocked                      for a developer whose commit is stopped
summary, issue               Markdown, of the parts in case_markdown and usage_markdown
annotations                  workflow commands
html, html_*                 one page; markup builds it, html_chart draws a series
json_report, encode, shapes  for programs, by schema-v1.json

redact                       keeps keys out, everywhere; secret_index knows those that were met,
                             and spellings reads a name in every way
shown, markdown, markup      keep hostile text harmless: in a terminal, in Markdown, in HTML
"""
