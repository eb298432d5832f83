"""Runs the driver: a list of input lines in, the list of its answers out, in step."""

import base64
import json
import subprocess


class Driver:
    """The binary at `path`, or any program that speaks the same lines; each call is one process."""

    def __init__(self, *argv):
        self.argv = argv

    def __call__(self, command, options, lines):
        lines = [{"id": number, **line} for number, line in enumerate(lines)]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        process = subprocess.run(
            [*self.argv, command, *map(str, options)],
            input=text.encode(),
            stdout=subprocess.PIPE,
            check=True,
        )
        answers = [json.loads(line) for line in process.stdout.decode().split("\n")[:-1]]
        ids = [answer.pop("id") for answer in answers]
        if ids != [line["id"] for line in lines]:
            raise AssertionError(f"{command}: answers are not in step with {len(lines)} lines")
        return answers


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text):
    return base64.b64decode(text, validate=True)
