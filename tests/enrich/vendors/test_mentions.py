"""A note reaches the model it means, however it is spelled, and no other."""

from __future__ import annotations

import pytest

from pulse_tui.domain.estate import Component
from pulse_tui.domain.note import Label, Note
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.vendors.classify import classify
from pulse_tui.enrich.vendors.incidents import ended, same_incident
from pulse_tui.enrich.vendors.mentions import about, named, packages
from pulse_tui.enrich.vendors.notes import mentions
from tests.fakes.nouns import NOW, later


def note(body: str = "", title: str = "News", vendor: str = "openai", link: str | None = None) -> Note:
    return Note(source="news", key="n1", vendor=vendor, title=title, body=body, published_at=NOW, link=link)


def hosted(ident: str) -> Component:
    return Component(id=ident, kind=ComponentKind.HOSTED_MODEL, name=ident.partition("/")[2])


SONNET = "bedrock/us.anthropic.claude-3-5-sonnet-20241022-v2:0"


@pytest.mark.parametrize(
    ("text", "ident", "reached"),
    [
        ("We are deprecating GPT\u20114.1. It ends soon", "openai/gpt-4.1", True),
        ("GPT\u00a04.1 will be retired", "openai/gpt-4.1", True),
        ("GPT 4.1 mini will be retired", "openai/gpt-4.1", False),
        ("GPT 4.1 mini will be retired", "openai/gpt-4.1-mini", True),
        ("gpt-4.1 is retired", "openai/gpt-4.1-2025-04-14", True),
        ("gpt-4.1-2025-01-01 is retired", "openai/gpt-4.1-2025-04-14", False),
        ("the GPT-4.1 family ends", "openai/gpt-4.1-mini-2025-04-14", True),
        ("gpt-4.1 ends", "openai/gpt-4.1-mini", False),
        ("GPT-4.1. 2 new models follow", "azure/gpt-4.1-2025-04-14", True),
        ("Claude 3.5 Sonnet retires", SONNET, True),
        ("Claude Sonnet 3.5 retires", SONNET, True),
        ("anthropic/claude-3-5-sonnet-20241022 retires", SONNET, True),
        ("claude-3-5-sonnet-20240620 retires", SONNET, False),
        ("Claude 3.5 models retire", SONNET, True),
        ("Claude 3.5 Haiku retires", SONNET, False),
        ("Claude Sonnet 4.5 is new", "bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0", False),
        ("Claude Opus 4 and Sonnet 4 retire", "anthropic/claude-opus-4-20250514", True),
        ("gemini 2.5 pro changes", "google/gemini-2.5-pro", True),
        ("gemini-2.0-flash ends", "google/gemini-2.0-flash-001", True),
        ("Mistral Large 24.11 ends", "mistral/mistral-large-2411", True),
        ("Mistral Large 24.07 ends", "mistral/mistral-large-2411", False),
        ("in 3 chat sessions", "openai/gpt-4.1", False),
        ("GPT\u20114o mini is deprecated", "azure/gpt-4o-mini-2024-07-18", True),
        ("gpt-4o is deprecated", "openai/gpt-4o-mini", False),
        ("GPT4.1 is deprecated", "openai/gpt-4.1", True),
        ("GPT-4 models retire", "openai/gpt-4.1", False),
        ("gpt-4.1-2025-04-14 ends", "azure/gpt-4.1", True),
        ("o1 is deprecated", "openai/o1-2024-12-17", True),
        ("o1-preview is deprecated", "openai/o1-2024-12-17", False),
        ("Gemini\u00a02.0\u00a0Flash ends", "vertex_ai/gemini-2.0-flash-001", True),
        ("gemini-2.0-flash-001 ends", "vertex_ai/gemini-2.0-flash", True),
        ("Gemini 1.5 Pro and Flash shut down", "vertex/gemini-1.5-flash-002", True),
        ("Gemini 1.5 Pro and others shut down", "vertex/gemini-1.5-flash-002", False),
        ("Claude Opus 4.1 and 4 are retired", "anthropic/claude-opus-4-20250514", True),
        ("Claude Opus 4.1 and 4 new models", "anthropic/claude-opus-4-20250514", False),
        ("Claude 3 models retire", "bedrock/anthropic.claude-3-haiku-20240307-v1:0", True),
        ("Claude 3 models retire", "anthropic/claude-3-5-haiku-20241022", False),
        ("Claude Sonnet 4 is deprecated", "vertex_ai/claude-sonnet-4@20250514", True),
        (
            "anthropic.claude-sonnet-4-20250514-v1:0 ends",
            "bedrock/arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-20250514-v1:0",
            True,
        ),
        ("Llama 3.1 70B is removed", "bedrock/us.meta.llama3-1-70b-instruct-v1:0", True),
        ("Llama 3.1 70B is removed", "together/meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo", True),
        ("Llama 3.1 8B is removed", "bedrock/us.meta.llama3-1-70b-instruct-v1:0", False),
        ("Qwen2.5 72B is removed", "together/Qwen/Qwen2.5-72B-Instruct-Turbo", True),
        ("DeepSeek R1 is gone", "fireworks/accounts/fireworks/models/deepseek-r1", True),
        ("DeepSeek-V3 is gone", "together/deepseek-ai/DeepSeek-V3", True),
        ("Command R+ is retired", "cohere/command-r-plus", True),
        ("Command R is retired", "cohere/command-r-plus", False),
        ("text-embedding-ada-002 ends", "azure/text-embedding-ada-002", True),
    ],
)
def test_a_note_reaches_the_model_that_it_means(text: str, ident: str, reached: bool) -> None:
    assert (about(hosted(ident), named(text), frozenset()) is not None) is reached


@pytest.mark.parametrize(
    ("item", "reached"),
    [
        (note(vendor="vllm"), True),
        (note(title="vLLM v0.9.2"), True),
        (note(link="https://github.com/vllm-project/vllm/releases/tag/v0.9.2"), True),
        (note(body="we moved to vllm lately"), False),
        (note(title="Elevated errors on vllm"), False),
    ],
)
def test_release_notes_reach_the_package_of_their_project(item: Note, reached: bool) -> None:
    vllm = Component(id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version="0.9.1", ecosystem="PyPI")
    assert (about(vllm, frozenset(), packages(item)) is not None) is reached


def test_a_name_with_a_blank_and_a_size_is_not_the_bigger_model() -> None:
    assert not mentions("GPT-4.1 mini is deprecated", "GPT-4.1")
    assert mentions("GPT-4.1 and GPT-4.1 mini are deprecated", "GPT-4.1")


@pytest.mark.parametrize(
    ("body", "over"),
    [
        ("Update - we are working on it. Resolved - an earlier part", False),
        ("Update - We believe this is resolved but continue to monitor.", False),
        ("Reopened - the errors have returned. Resolved - done", False),
        ("The incident that was resolved yesterday is back", False),
        ("Closed - done. Investigating - errors", True),
        ("All impacted services have now fully recovered.", True),
    ],
)
def test_an_update_or_a_return_on_top_of_an_older_resolved_is_no_end(body: str, over: bool) -> None:
    assert ended(note(body=body)) is over


@pytest.mark.parametrize(
    ("title", "link", "name", "reached"),
    [
        ("v0.9.2", "https://github.com/vllm-project/vllm/releases/tag/v0.9.2", "vllm", True),
        ("Release v4.40.0", "https://github.com/huggingface/transformers/releases/tag/v4.40.0", "transformers", True),
        ("torch 2.6.0", "https://github.com/pytorch/pytorch/releases/tag/v2.6.0", "torch", True),
        ("langchain==0.3.1", "https://github.com/langchain-ai/langchain/releases", "langchain", True),
        ("langchain-core==0.3.1", None, "langchain-core", True),
        ("0.3.1", "https://github.com/a/langchain/releases/tag/langchain-core%3D%3D0.3.1", "langchain-core", True),
        ("1.2.0", "https://pypi.org/project/litellm/1.2.0/", "litellm", True),
        ("scikit_learn 1.5.0", None, "scikit-learn", True),
        ("@anthropic-ai/sdk: v0.30.0", None, "@anthropic-ai/sdk", True),
        ("llama.cpp b4000", "https://github.com/ggml-org/llama.cpp/releases/tag/b4000", "llama.cpp", True),
        ("We moved to requests", None, "requests", False),
        ("langchain-core==0.3.1", None, "langchain", False),
    ],
)
def test_release_notes_name_their_package_in_title_link_or_tag(
    title: str, link: str | None, name: str, reached: bool
) -> None:
    package = Component(id=f"pkg:pypi/{name}", kind=ComponentKind.PACKAGE, name=name, ecosystem="PyPI")
    assert (about(package, frozenset(), packages(note(title=title, link=link))) is not None) is reached


@pytest.mark.parametrize(
    "text",
    [
        "We will not deprecate gpt-4.1 this year and there are no plans to retire it.",
        "gpt-4.1 won't be shut down.",
        "gpt-4.1 is not being retired.",
        "There is no outage and no breaking change.",
        "gpt-4.1 is not scheduled for retirement.",
        "We have no intention of deprecating gpt-4.1.",
        "We do not expect to retire gpt-4.1.",
        "Nothing is deprecated in this release.",
        "We decided to keep gpt-4.1 rather than retire it.",
        "No models are being deprecated.",
        "gpt-4.1 hasn't been deprecated.",
        "gpt-4.1 is neither deprecated nor retired.",
        "The planned shutdown of gpt-4.1 is cancelled.",
        "gpt-4.1 is no longer deprecated.",
        "We do not currently have any plans to sunset gpt-4.1.",
    ],
)
def test_a_negation_announces_nothing(text: str) -> None:
    assert classify(note(text)).labels == (Label.OTHER,)


@pytest.mark.parametrize(
    "text",
    [
        "gpt-4.1 will not be retired before 2027-02-01.",
        "gpt-4.1 is no longer available.",
        "We will not only deprecate gpt-4.1 but its siblings too.",
        "Do not use gpt-4.1: it is deprecated.",
        "If you have not migrated, gpt-4.1 shuts down on 2027-02-01.",
        "Use gpt-5 instead of gpt-4.1, which is deprecated.",
        "gpt-4o is not affected. gpt-4.1 will be retired.",
        "Not long from now gpt-4.1 will be retired.",
        "No action is needed until gpt-4.1 is shut down on 2027-02-01.",
        "gpt-4.1 will be deprecated, not gpt-4o.",
        "Nothing changes until gpt-4.1 is retired.",
        "Don't forget: gpt-4.1 is retired in May.",
        "We are shutting down gpt-4.1.",
        "Without further notice gpt-4.1 is retired.",
    ],
)
def test_what_only_sounds_like_a_negation_is_announced(text: str) -> None:
    assert Label.DEPRECATION in classify(note(text)).labels


@pytest.mark.parametrize(
    ("body", "over"),
    [
        ("Resolved - all is well. Investigating - errors", True),
        ("Investigating - the outage has returned. Resolved - outage ended. Investigating - outage", False),
        ("Monitoring - a fix is out, errors are not fully resolved yet", False),
        ("Postmortem - what happened. Resolved - all is well", True),
        ("Update - we look into it. Identified - errors", False),
        ("Nov 27, 10:00 UTC Investigating - errors. Nov 27, 11:00 UTC Resolved - all is well", True),
        ("Nov 27, 11:00 UTC Investigating - back. Nov 27, 10:00 UTC Resolved - all is well", False),
        ("The issue affecting gpt-4.1 has been resolved.", True),
        ("It has not been resolved.", False),
        ("It isn't resolved.", False),
        ("We will inform you once it is resolved.", False),
        ("It is resolved for most users; others still see errors.", False),
        ("elevated errors", False),
        (
            "Nov 23, 11:00 UTC Update - again. Nov 23, 10:30 UTC Resolved - ok. Nov 23, 10:00 UTC Investigating - x",
            False,
        ),
        ("Reopened - errors are back. Resolved - done.", False),
        ("Most errors are resolved, but latency is still elevated.", False),
        ("It is resolved, but some users still see errors.", False),
        ("It is resolved, but we go on monitoring.", True),
        ("The most recent issue is resolved.", True),
        ("Status: Monitoring. An earlier issue is resolved.", False),
        ("Identified - The issue was resolved in one region, others are affected.", False),
        ("Completed - The maintenance has been completed.", True),
        ("<strong>Resolved</strong> - fine. <strong>Monitoring</strong> - a fix", True),
        ("RESOLVED - all good. INVESTIGATING - errors", True),
        ("Monitoring - A fix is out; we expect it to be resolved. Investigating - errors", False),
    ],
)
def test_an_incident_is_over_by_its_newest_update_and_not_by_a_word(body: str, over: bool) -> None:
    assert ended(note(body, "Elevated errors")) is over


def test_an_incident_keeps_its_identity_when_its_page_changes_title_and_key() -> None:
    longer = note(title="Elevated error rates on gpt-4.1 and embeddings")
    assert same_incident(longer, "Elevated error rates on gpt-4.1", "inc-1", later(minutes=-30))
    assert same_incident(longer, "anything else", "n1", later(days=-9)), "the key is the same"
    assert not same_incident(longer, "Elevated error rates on gpt-4.1", "inc-1", later(days=-9))
    assert not same_incident(longer, "Elevated latency on gpt-4.1", "inc-1", NOW)
