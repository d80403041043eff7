"""Many independent tasks on Dask: content-addressed, resumable, each result whole or absent.

:func:`analysis.execution.execute.execute` runs a list of
:class:`analysis.execution.tasks.Task`. A task's key says what it computes, so a finished one
is never computed again; its group says what it shares with others, so that a worker prepares
that once (:func:`analysis.execution.worker_cache.cached`). The work itself is a function of a
module, ``work(payload, folder)``, that fills a folder. Results and failures stand in a
:class:`analysis.execution.store.Store`.
"""
