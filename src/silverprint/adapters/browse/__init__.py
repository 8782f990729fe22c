"""Page on which one person looks at the whole pool, on loopback: map, filters, similar pictures, and what follows.

`pool` is what it is given to show and to do, `view` which pictures are asked for, `app` the application, and `serve`
its process. Nothing here reads or writes a campaign's files.
"""
