"""The bar: silent unless shown, on standard error, with what is counted, how much, and a note."""

from archenc.progress import Bar, bar


def test_it_is_silent_unless_it_is_shown(capsys):
    with bar("things", False, total=3) as shown:
        shown(1, 3, "one")
        shown.note("two")
        shown.advance("three")
    Bar().advance()
    assert capsys.readouterr() == ("", "")


def test_it_shows_what_how_much_and_the_note_on_standard_error(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    with bar("things", True, total=3, done=1) as shown:
        shown.advance("the second")
    out, err = capsys.readouterr()
    assert out == ""
    assert "things" in err
    assert "2/3" in err
    assert "the second" in err


def test_done_and_total_may_come_later(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    with bar("things", True) as shown:
        shown(4, 9)
        shown.note("going on")
        shown(5)
    assert "5/9" in capsys.readouterr().err
