"""Expands the root template as SAM would, without AWS, into what CloudFormation receives.

Usage: expand.py TEMPLATE IMAGE [--lint]

Prints one JSON object, {"root": ..., "nested": {LOCATION: ...}, "problems": [...]}, with the translated templates, and with
--lint the findings of cfn-lint. It finds more there than in the SAM files, where it misses a typo inside `Events`.
`sam package` would upload the nested templates and the image; here placeholders replace them, with IMAGE for the image.
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
    # Findings that begin with I are only informational.
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
    # The translator needs a region from boto3, but makes no calls.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    main()
