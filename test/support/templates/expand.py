"""Expands the root template as SAM would, without AWS: what CloudFormation gets to see.

Usage: expand.py TEMPLATE IMAGE [--lint]

Prints one JSON object: {"root": ..., "nested": {LOCATION: ...}, "problems": [...]}, the templates translated, and with --lint
what cfn-lint has to say of them. It sees more there than in the SAM files, where a typing mistake inside `Events` passes.
`sam package` would upload the nested templates and the image: stand-ins take their places, IMAGE that of the image.
"""

import json
import os
import sys

from cfnlint.api import lint_all
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

UPLOADS = "https://s3.amazonaws.com/uploads/"


def translate(template: dict, image: str) -> dict:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["ImageUri"] = image
        if resource["Type"] == "AWS::Serverless::Application":
            location = resource["Properties"]["Location"]
            resource["Properties"]["Location"] = UPLOADS + os.path.basename(location)
    return Translator({}, Parser()).translate(template, {})


def nested_locations(template: dict) -> set[str]:
    applications = (r for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Application")
    return {application["Properties"]["Location"] for application in applications}


def read(path: str) -> dict:
    with open(path, encoding="utf-8") as file:
        return yaml_parse(file.read())


def lint(name: str, template: dict) -> list[str]:
    matches = lint_all(json.dumps(template, indent=1))
    # Those that begin with I are advice.
    return [f"{name}: {match}" for match in matches if not match.rule.id.startswith("I")]


def main() -> None:
    root_path, image, *options = sys.argv[1:]
    root = read(root_path)
    folder = os.path.dirname(os.path.abspath(root_path))
    nested = {location: read(os.path.join(folder, location)) for location in sorted(nested_locations(root))}
    expanded = {location: translate(template, image) for location, template in nested.items()}
    translated = translate(root, image)
    problems = []
    if "--lint" in options:
        for name, template in {root_path: translated, **expanded}.items():
            problems += lint(name, template)
    json.dump({"root": translated, "nested": expanded, "problems": problems}, sys.stdout)


if __name__ == "__main__":
    # The translator asks boto3 for a region; it calls nothing.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    main()
