"""Contributors' pages and the inbox of what they give: a web application of its own process, and the reader of acquire.

`app` is the application, `serve` its process. Everything that arrives goes through `examine` into the `inbox`, whose
`journal` says what was given, by whom, under which words; `take_in` moves it into the source's shards.
"""
