"""Prints the bytes of a template that `sam build` and `sam deploy` send to CloudFormation.

Usage: packaged_size.py TEMPLATE UPLOAD_URL
"""

import sys

from samcli.lib.samlib.resource_metadata_normalizer import ResourceMetadataNormalizer
from samcli.yamlhelper import yaml_dump, yaml_parse


def main() -> None:
    path, upload = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    ResourceMetadataNormalizer.normalize(template)
    # As SAM does between build and deployment.
    template = yaml_parse(yaml_dump(template))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Application":
            resource["Properties"]["Location"] = upload
    print(len(yaml_dump(template).encode()))


if __name__ == "__main__":
    main()
