"""An exception's or an answer's text, without what changes from run to run."""

import re

_ADDRESS = re.compile(r" object at 0x[0-9a-fA-F]+")


def own_words(error: BaseException) -> str:
    """The class of `error` and its text."""
    return f"{type(error).__name__}: {_ADDRESS.sub(' object', str(error))}"


def steady_words(text: str) -> str:
    """The part of a description of Microsoft Entra ID that is equal on every run: what stands before identifiers and times."""
    lines = text.partition("Trace ID")[0].splitlines()
    return _ADDRESS.sub(" object", lines[0].rstrip()) if lines else ""


def root_words(error: BaseException) -> str:
    """The class of `error` and the text of what lies at its root.

    HTTP libraries wrap a refused connection in several layers whose texts hold ports and memory addresses; the root
    says the same in a form that is equal on every run.
    """
    root, seen = error, {id(error)}
    while (deeper := root.__cause__ or root.__context__) is not None and id(deeper) not in seen:
        seen.add(id(deeper))
        root = deeper
    return f"{type(error).__name__}: {_ADDRESS.sub(' object', str(root))}"
