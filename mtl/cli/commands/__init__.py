"""The commands with their arguments and options; each body is imported when its command runs.

answers    `mtl predict` and `mtl rank`: texts in, answers out
lists      `mtl components`
many_runs  `mtl compare` and `mtl tune`
one_run    `mtl run`, `mtl train`, `mtl check`, `mtl graph`, `mtl test` and `mtl export`: a recipe, or a run of it
"""
