from instruct2act import resources


def test_a_revision_follows_the_source(monkeypatch, tmp_path):
    before = resources.revision()
    assert len(before) == 12 and int(before, 16) >= 0
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    (prompts / "system.md").write_text("other words")
    monkeypatch.setattr(resources, "folder", lambda name: tmp_path / name)
    assert resources.revision.__wrapped__() != before
