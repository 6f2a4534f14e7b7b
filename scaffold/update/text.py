"""What `update` says it did or would bring, for people."""

from scaffold.runtime.report import section
from scaffold.update.run import Updated


def updated(result: Updated, *, dry_run: bool) -> str:
    """What an update changed, what to look at, and how to take it back."""
    if not result.changed:
        return f"{result.path} is up to date (version {result.new})."
    verb = "Would update" if dry_run else "Updated"
    lines = [f"{verb} {result.path} from {result.old} to {result.new}", ""]
    lines += [result.diff] if dry_run else [f"  {path}" for path in result.changed]
    if result.image:
        lines.append(f"\nThe image changes from {result.image[0]} to {result.image[1]}: build it.")
    lines += section(
        "New questions took", [f"{key}: {result.answers[key]!r}" for key in result.new_questions]
    )
    lines += section("No questions any more", result.dropped_answers)
    if result.kit and result.kit.fate == "merged":
        lines += section(result.kit.sentence(), result.kit.edited)
    elif result.kit:
        lines += ["", result.kit.sentence()]
    lines += section(
        "Your edits moved with their files",
        [f"{old} -> {new}: {result.remedies[old]}" for old, new in result.moved.items()],
    )
    lines += section(
        "Dropped by the template, changed by you, so kept",
        [f"{path}: {result.remedies[path]}" for path in result.kept],
    )
    lines += section(
        "Your imports of what has another name now",
        [
            f"{path}: {', '.join(f'{old} is {new}' for old, new in names.items())}"
            for path, names in result.imports.items()
        ],
    )
    lines += section("Changed by the template, deleted by you, so left out", result.left_out)
    lines += section(
        "CONFLICTS", [f"{path}: {reason}" for path, reason in result.conflicts.items()]
    )
    if not dry_run:
        lines += section("Staged, not committed. Next", result.next_steps)
        lines += section("To take it back", [result.undo])
    return "\n".join(lines)


def newer(result: Updated) -> str:
    """What newer versions would bring."""
    if result.old == result.new:
        return f"{result.path} is of version {result.old}, the newest here."
    lines = [f"{result.path} is of version {result.old}; {result.new} is here."]
    for version, notes in result.notes:
        lines += ["", str(version), notes or "not released yet"]
    return "\n".join(lines)
