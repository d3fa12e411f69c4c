"""Finds errors in command lines of the AWS CLI and of the SAM CLI: in services, operations, options and values.

Reads a JSON list of `{"words": [...], "whole": bool}` from standard input, and prints a list of errors for each. Like the
AWS CLI, it derives commands from botocore's models; the AWS CLI's handwritten commands are listed below. For the SAM CLI,
it inspects the installed program.
"""

import json
import re
import sys

import botocore.session
from botocore import xform_name

# AWS CLI version 2, "Global options".
GLOBAL = {"--region", "--profile", "--query", "--output", "--endpoint-url", "--no-cli-pager", "--no-sign-request"}
PAGING = {"--max-items", "--page-size", "--starting-token", "--no-paginate"}
SERVICES = {"s3api": "s3"}
# Options with different names in the AWS CLI and in the models.
RENAMED = {("sns", "subscribe", "--notification-endpoint"): "--endpoint"}
# Handwritten commands of the AWS CLI ("AWS CLI Command Reference"): the number of words before the options, and the options.
WRITTEN = {
    ("logs", "tail"): (1, {"--since", "--follow", "--format", "--filter-pattern", "--log-stream-names", "--log-stream-name-prefix"}),
    ("s3", "cp"): (2, {"--recursive", "--metadata", "--storage-class", "--checksum-algorithm", "--dryrun", "--include", "--exclude"}),
    ("s3", "ls"): (1, {"--recursive", "--human-readable", "--summarize"}),
    ("s3", "mb"): (1, set()),
    ("s3", "rb"): (1, {"--force"}),
    ("s3", "rm"): (1, {"--recursive", "--dryrun", "--include", "--exclude"}),
}

session = botocore.session.get_session()
models = {}


def operations(service):
    """Operations by their name in the AWS CLI; None if there is no such service."""
    name = SERVICES.get(service, service)
    if name not in session.get_available_services():
        return None
    if name not in models:
        model = session.get_service_model(name)
        models[name] = {xform_name(operation, "-"): model.operation_model(operation) for operation in model.operation_names}
    return models[name]


def options_of(words):
    """Words before the first option, and each option with the words after it."""
    before, options = [], []
    for word in words:
        if re.match(r"--?[a-z]", word):
            name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
            options.append((name, [value] if equals else []))
        elif options:
            options[-1][1].append(word)
        else:
            before.append(word)
    return before, options


def is_placeholder(value):
    return re.fullmatch(r"[A-Z][A-Z0-9-]*", value) is not None


def wrong_value(shape, values):
    if shape.type_name == "boolean":
        return f"takes no value, not {values}" if values else None
    if not values:
        return "lacks its value"
    if shape.type_name == "list":
        return next((wrong for value in values if (wrong := wrong_value(shape.member, [value]))), None)
    if len(values) > 1:
        return f"takes one value, not {values}"
    [value] = values
    if is_placeholder(value):
        return None
    if shape.type_name == "structure":
        return wrong_structure(shape, value)
    if getattr(shape, "enum", None) and value not in shape.enum:
        return f"takes {shape.enum}, not {value}"
    if shape.type_name in ("integer", "long") and not re.fullmatch(r"-?\d+", value):
        return f"takes a number, not {value}"
    if shape.type_name == "timestamp" and not re.match(r"\d", value):
        return f"takes a time, not {value}"
    return None


def wrong_structure(shape, value):
    """Checks the shorthand `Name=value,Name=value`, which has braces if it is nested in another value."""
    if value.startswith("{") and value.endswith("}"):
        value = value[1:-1]
    given = dict(pair.partition("=")[::2] for pair in value.split(","))
    unknown = [name for name in given if name not in shape.members]
    missing = [name for name in shape.required_members if name not in given]
    if unknown or missing:
        return f"has members {list(shape.members)}: unknown {unknown}, missing {missing}"
    return next((wrong for name, text in given.items() if (wrong := wrong_member(shape.members[name], text))), None)


def wrong_member(shape, text):
    """A boolean takes no value as an option, but takes one as a member."""
    if shape.type_name == "boolean":
        return None if text in ("true", "false") else f"takes true or false, not {text}"
    return wrong_value(shape, [text])


def check_aws(words, whole):
    service, operation, *rest = [*words, "", ""][:2] + words[2:]
    before, options = options_of(rest)
    if (service, operation) in WRITTEN:
        count, known = WRITTEN[service, operation]
        wrong = [f"has no option {name}" for name, _ in options if name not in known | GLOBAL]
        return wrong + ([f"takes {count} words, not {before}"] if whole and len(before) != count else [])
    known = operations(service)
    if known is None:
        return [f"has no service {service}"]
    if operation not in known:
        return [f"{service} has no {operation}"]
    shape = known[operation].input_shape
    members = shape.members if shape else {}
    by_option = {f"--{xform_name(name, '-')}": (name, member) for name, member in members.items()}
    wrong = [f"takes no {before}"] if before else []
    given = set()
    for option, values in options:
        if option in GLOBAL | PAGING:
            continue
        asked = RENAMED.get((service, operation, option), option)
        positive = asked.replace("--no-", "--", 1)
        if asked not in by_option and by_option.get(positive, ("", None))[1] and by_option[positive][1].type_name == "boolean":
            asked = positive
        if asked not in by_option:
            wrong.append(f"has no option {option}")
            continue
        name, member = by_option[asked]
        given.add(name)
        # A sentence may name an option without its value.
        reason = wrong_value(member, values) if values or whole else None
        if reason:
            wrong.append(f"{option} {reason}")
    missing = [name for name in (shape.required_members if shape else []) if name not in given]
    return wrong + ([f"lacks {missing}"] if whole and missing else [])


def check_sam(words, whole):
    import click
    from samcli.cli.main import cli

    # Without its own object, the SAM CLI only has placeholders for its commands.
    command, context, path = cli, click.Context(cli, obj=object()), ["sam"]
    rest = list(words)
    while isinstance(command, click.MultiCommand) and rest and not rest[0].startswith("-"):
        found = command.get_command(context, rest[0])
        if found is None:
            return [f"{' '.join(path)} has no {rest[0]}"]
        command, path = found, [*path, rest.pop(0)]
    known = {name for parameter in command.params for name in [*parameter.opts, *parameter.secondary_opts]}
    return [f"{' '.join(path)} has no option {name}" for name, _ in options_of(rest)[1] if name not in known]


def main():
    checks = {"aws": check_aws, "sam": check_sam}
    commands = json.load(sys.stdin)
    json.dump([checks[words[0]](words[1:], whole) for words, whole in ((c["words"], c["whole"]) for c in commands)], sys.stdout)


if __name__ == "__main__":
    main()
