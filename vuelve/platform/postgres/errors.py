"""What can go wrong, in words for the person who started Vuelve."""


class PostgresStartError(Exception):
    """The embedded PostgreSQL cannot run. The message says why and, where known, what to do.

    `log_tail` holds the last lines of the server's log, if it got that far.
    """

    def __init__(self, message: str, *, log_tail: str = "") -> None:
        super().__init__(f"{message}\n\nThe end of PostgreSQL's log:\n{log_tail}" if log_tail else message)
        self.log_tail = log_tail
