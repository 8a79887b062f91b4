"""Which names of a directory listing are taken."""

from __future__ import annotations

from ckanext.steamcity.harvesters.feeds.listing import names


def test_plain_names_are_taken_once_in_order():
    links = (b"?C=N", b"../", b"b/", b"./a.csv", b"b/")
    page = b"".join(b'<a href="%s">x</a>' % link for link in links)
    assert names(page) == ["b/", "a.csv"]


def test_nothing_leads_out_of_the_folder():
    page = b"".join(
        b'<a href="%s">x</a>' % link
        for link in (
            b"/etc/x",
            b"http://127.0.0.1/x",
            b"..%2fsecret",
            b"a/b.csv",
            b"//host/",
            b"x%00.csv",
            b"#top",
            b"..",
        )
    )
    assert names(page) == []


def test_broken_html_and_bytes_are_read_as_far_as_they_go():
    assert names(b'\xff\xfe<a href="x.csv"><a href=><a <<>< href') == ["x.csv"]
