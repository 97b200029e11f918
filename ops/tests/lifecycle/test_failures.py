"""Each failure that can be provoked with the real Terraform ends in one message with the next step."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ops.tests import small_stack
from ops.tests.front import Front, Workspace

Environment = dict[str, str]


@contextmanager
def answering(status: int, code: str, headers: Environment | None = None) -> Iterator[Environment]:
    """An S3 that answers every call with one error, and the environment that leads Terraform to it."""
    error = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    who = "<Arn>arn:aws:iam::000000000000:user/ann</Arn><UserId>ann</UserId><Account>000000000000</Account>"
    result = f"<GetCallerIdentityResult>{who}</GetCallerIdentityResult>"
    identity = f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            sts = self.command == "POST"  # which is asked first, and knows the credentials
            body = (identity if sts else error).encode()
            self.send_response(200 if sts else status)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_HEAD = answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        proxy = f"http://127.0.0.1:{server.server_port}"
        yield {"HTTP_PROXY": proxy, "http_proxy": proxy}
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    """Each command gets, checks and starts a provider of its own, as a user's does."""
    with Front() as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def state_bucket(front: Front) -> None:
    front.make_bucket(small_stack.STATE_BUCKET)


@pytest.fixture
def workspace(front: Front, tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path, front)
    made.add("small", small_stack.document())
    return made


@pytest.mark.parametrize(
    ("status", "code", "message", "next_step"),
    [
        (400, "ExpiredToken", "The AWS session has expired", "sign in again"),
        (403, "AccessDenied", "'small-state' answers 403", "choose another state.bucket"),
        (403, "InvalidAccessKeyId", "AWS doesn't accept the credentials", "AWS_PROFILE"),
        (301, "PermanentRedirect", "lies in another region than eu-central-1", "state.region"),
    ],
)
def test_state_bucket(workspace: Workspace, status: int, code: str, message: str, next_step: str) -> None:
    """the state bucket's refusals are told apart"""
    with answering(status, code, {"x-amz-bucket-region": "us-west-2"}) as environment:
        output = workspace.run("plan", "small", expect=1, **environment)
    assert message in output
    assert next_step in output


def test_bootstrap_of_somebody_elses_bucket(workspace: Workspace) -> None:
    """bootstrap refuses a bucket of another account"""
    workspace.add("small-state", small_stack.state_bucket_document())
    with answering(403, "AccessDenied") as environment:
        output = workspace.run("bootstrap", "small", expect=1, **environment)
    assert "belongs to another account" in output


def test_no_credentials(workspace: Workspace, tmp_path: Path) -> None:
    """no credentials at all"""
    nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": str(tmp_path)}
    output = workspace.run("plan", "small", expect=1, **nothing)
    assert "There are no AWS credentials for 'small'" in output
    assert "aws sso login" in output


def test_no_registry(workspace: Workspace, tmp_path: Path) -> None:
    """neither a mirror nor the registry"""
    direct = tmp_path / "direct.tfrc"
    direct.write_text("provider_installation {\n  direct {}\n}\n")
    unreachable = {
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "TF_PLUGIN_MIRROR": "",
    }
    output = workspace.run("plan", "small", expect=1, TF_CLI_CONFIG_FILE=str(direct), **unreachable)
    assert "can't get the provider" in output
    assert "TF_PLUGIN_MIRROR" in output


def test_lock_file_of_another_provider(workspace: Workspace) -> None:
    """a provider that the kept lock file doesn't list, in CI"""
    workspace.run("lock", "small")
    kept = workspace.locks / "small.terraform.lock.hcl"
    text = kept.read_text()
    assert "h1:" in text
    start = text.index("h1:") + 3
    kept.write_text(text[:start] + "A" * 43 + text[start + 43 :])
    output = workspace.run("plan", "small", expect=1, CI="true")
    assert "doesn't agree with the kept lock file" in output
    assert "make provider-lock STACK=small" in output


def test_drift_that_cannot_be_told(workspace: Workspace) -> None:
    """drift ends with 1, not 2, when it could not tell"""
    with answering(403, "AccessDenied") as environment:
        assert "could not tell" in workspace.run("drift", "small", expect=1, **environment)
