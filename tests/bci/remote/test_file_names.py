"""File names of LabRecorder's remote control, which must stay inside the folder."""

from pathlib import Path

import pytest

from bci.errors import RemoteError
from bci.remote.file_names import FileNames, free_part, make_way


@pytest.fixture
def names(tmp_path: Path) -> FileNames:
    return FileNames(tmp_path, tmp_path)


def relative(names: FileNames) -> str:
    return names.next_path().relative_to(names.folder).as_posix()


def test_without_options_the_name_is_labrecorder_s_bids_default(names: FileNames) -> None:
    assert relative(names) == "sub-P001/ses-S001/eeg/sub-P001_ses-S001_task-Default_run-001_eeg.xdf"


def test_options_fill_the_bids_name(names: FileNames) -> None:
    names, problems = names.updated(
        "{participant:P003}{session:2} {task:Rest} {run:12} {acquisition:gel} {modality:EEG}"
    )
    assert problems == []
    assert relative(names) == (
        "sub-P003/ses-2/eeg/sub-P003_ses-2_task-Rest_acq-gel_run-012_eeg.xdf"
    )


def test_template_and_root_of_labrecorder_s_readme_give_its_file(names: FileNames) -> None:
    text = f"{{root:{names.folder}/data/}} {{template:exp%n\\%p_block_%b.xdf}} {{run:2}} "
    names, problems = names.updated(text + "{participant:P003} {task:MemoryGuided}")
    assert problems == []
    assert relative(names) == "data/exp002/P003_block_MemoryGuided.xdf"


def test_option_without_its_closing_brace_is_taken(names: FileNames) -> None:
    names, problems = names.updated("{template:s_%p_%n.xdf {modality:ieeg}")
    assert (problems, names.modality, relative(names)) == ([], "ieeg", "s_P001_001.xdf")


def test_empty_values_are_the_defaults(names: FileNames) -> None:
    names, problems = names.updated("{run:5}{task:a} {run:} {task:}")
    assert (problems, names.run, names.task) == ([], None, "Default")


def test_value_that_looks_like_a_placeholder_is_refused(names: FileNames) -> None:
    names, problems = names.updated("{participant:%s}")
    assert len(problems) == 1
    assert names.participant == "P001"


def test_next_run_is_the_first_that_is_free(names: FileNames) -> None:
    first = names.next_path()
    first.parent.mkdir(parents=True)
    first.touch()
    assert names.next_path().name == "sub-P001_ses-S001_task-Default_run-002_eeg.xdf"


@pytest.mark.parametrize(
    "given",
    [
        "{root:/}", "{root:..}", "{root:C:\\Data\\}", "{root:a/../../b}", "{root:\0}",
        "{template:../%p.xdf}", "{template:a/../../%p.xdf}", "{template:a:b.xdf}", "{template:///}",
        "{template:CON.xdf}", "{template:%p/nul}", "{participant:../x}", "{participant:a/b}",
        "{session:a\\b}", "{task:..}", "{task:x\x1b[2J}", "{task:x\x9b2J}",
        "{task:" + "x" * 101 + "}", "{template:" + "é" * 101 + "}",
        "{template:" + "a/" * 30 + "x}", "{run:0}", "{run:-1}", "{run:99999999999999}",
        "{run:00000000110000}", "{run:²}",
        "{owner:me}", "nothing",
    ],
)  # fmt: skip
def test_what_leads_out_of_the_folder_or_names_no_file_is_left_out(
    names: FileNames, given: str
) -> None:
    changed, problems = names.updated(given)
    assert len(problems) == 1
    assert changed == names


def test_valid_options_beside_a_wrong_one_are_taken(names: FileNames) -> None:
    names, problems = names.updated("{root:/etc} {participant:P009}")
    assert len(problems) == 1
    assert (names.participant, names.root) == ("P009", names.folder)


def test_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    names = FileNames(folder, folder)
    assert len(names.updated("{template:out/%p.xdf}")[1]) == 1
    assert len(names.updated("{root:out}")[1]) == 1


def test_link_to_itself_is_refused(names: FileNames) -> None:
    (names.folder / "loop").symlink_to("loop")
    assert len(names.updated("{template:loop/%p.xdf}")[1]) == 1
    assert len(names.updated("{root:loop}")[1]) == 1


def test_link_that_appears_later_is_refused_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    names, problems = FileNames(folder, folder).updated("{template:out/%p.xdf}")
    assert problems == []
    (folder / "out").symlink_to(tmp_path)
    with pytest.raises(RemoteError, match="leads out of"):
        names.next_path()


def test_signal_after_an_interruption_gets_the_first_free_part(tmp_path: Path) -> None:
    file = tmp_path / "a.xdf"
    assert free_part(file).name == "a_part2.xdf"
    (tmp_path / "a_part2.xdf").touch()
    assert free_part(file).name == "a_part3.xdf"


def test_earlier_recording_of_the_name_is_kept_under_another(tmp_path: Path) -> None:
    file = tmp_path / "a.xdf"
    for content in ("first", "second"):
        file.write_text(content)
        make_way(file)
    assert not file.exists()
    assert (tmp_path / "a_old1.xdf").read_text() == "first"
    assert (tmp_path / "a_old2.xdf").read_text() == "second"
    assert make_way(file) is None
