"""Statements are taken out with their comments, and texts over several lines stay as they are."""

from scaffold.adopt.source import Source, moved
from scaffold.check.module import Module, parse


def source(text: str) -> Source:
    module = parse("a.py", text)
    assert isinstance(module, Module)
    return Source(module)


def test_comments_above_a_statement_come_with_it() -> None:
    text = "x = 1  # one\n\n# two\n# three\ny = 2\n"
    found = source(text)
    assert [part for _, part in found.blocks(found.module.tree.body, 1)] == [
        "x = 1  # one\n",
        "\n# two\n# three\ny = 2\n",
    ]


def test_statements_of_one_line_are_taken_apart() -> None:
    found = source("x = 1; y = 2\nz = 3\n")
    assert [part for _, part in found.blocks(found.module.tree.body, 1)] == [
        "x = 1\n",
        "y = 2\n",
        "z = 3\n",
    ]


def test_a_body_comes_with_the_comments_around_it() -> None:
    text = (
        "def f(\n    a: int,  # a\n    b={1: 2},\n):  # f\n    # first\n"
        "    x = '''\n  as it is\n'''\n"
        "    return x\n    # last\n\ny = 1\n"
    )
    found = source(text)
    function = found.module.functions[0]
    assert found.body(function, "        ") == (
        "        # first\n        x = '''\n  as it is\n'''\n        return x\n        # last\n"
    )


def test_a_body_on_the_line_of_its_head_is_kept() -> None:
    found = source("def f(self): return 1\n")
    assert found.body(found.module.functions[0], "    ") == "    return 1\n"


def test_tabs_become_the_new_indentation() -> None:
    assert moved("\tif x:\n\t\ty = 1\n", "\t", "    ") == "    if x:\n    \ty = 1\n"


def test_docstrings_move_and_other_texts_do_not() -> None:
    text = 'def f():\n    """One.\n\n    Two.\n    """\n    x = """\n    a\n    """\n'
    found = source(text)
    assert found.body(found.module.functions[0], "        ") == (
        '        """One.\n\n        Two.\n        """\n        x = """\n    a\n    """\n'
    )


def test_edits_inside_of_one_another_are_made() -> None:
    found = source("f(g(x))\n")
    statement = found.module.tree.body[0]
    inner = found.module.of(__import__("ast").Name)[-1]
    found.wrap(statement, "h(", ")")
    found.replace(inner, "y")
    assert found.text(statement) == "h(f(g(y)))"
