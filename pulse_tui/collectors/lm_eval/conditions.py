"""Under what conditions the LM Evaluation Harness measured: shots, versions, arguments, filters and limits.

``task_hashes`` stand in a file only when samples were logged; these always do, in every version of the harness.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulse_tui.collectors._shared.sheets import short

_SECTIONS = {"n-shot": "shots", "versions": "task version"}
_TASK = {
    "num_fewshot": "configured shots",
    "generation_kwargs": "generation",
    "filter_list": "filters",
    "repeats": "repeats",
    "output_type": "output type",
    "test_split": "split",
    "dataset_name": "dataset",
    "description": "description",
    "doc_to_text": "prompt template",
    "doc_to_choice": "choices",
}
"""Keys of a task's configuration that define what is asked and how the answer is read."""
_RUN = {
    "limit": "limit",
    "gen_kwargs": "generation",
    "fewshot_as_multiturn": "fewshot as multiturn",
}
_RELEASED = frozenset(
    {"pretrained", "model", "model_name", "path", "peft", "delta", "lora", "lora_local_path", "revision", "subfolder"}
    | {"tokenizer", "tokenizer_revision", "gguf_file", "quantization", "load_in_8bit", "load_in_4bit", "autogptq"}
    | {"gptqmodel", "awq", "adapter", "engine", "deployment", "served_model_name"}
)
"""Arguments that identify the measured model: two releases differ in them."""
_MACHINE = frozenset(
    {"device", "device_map", "parallelize", "batch_size", "max_batch_size", "num_concurrent", "max_retries", "timeout"}
    | {"gpu_memory_utilization", "tensor_parallel_size", "data_parallel_size", "pipeline_parallel_size", "swap_space"}
    | {"base_url", "url", "api_key", "auth_token", "header", "cache_dir", "offload_folder", "trust_remote_code"}
    | {"max_memory_per_gpu", "max_cpu_memory", "low_cpu_mem_usage", "verify_certificate", "ca_cert_path", "tp", "dp"}
    | {"eos_string", "tokenized_requests", "tokenizer_backend", "use_fast_tokenizer", "attn_implementation"}
    | {"enforce_eager", "max_num_seqs", "max_num_batched_tokens", "distributed_executor_backend", "seed"}
)
"""Arguments of the machine that measured: they change how fast it was."""
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_SHOWN = 60
"""Characters up to which a value is kept as it is; longer ones keep their beginning and a hash."""


def conditions(document: Mapping[str, Any], tasks: Sequence[str]) -> dict[str, str]:
    """What the file states, of the tasks that it has scores of; what it does not state is left out."""
    return dict(sorted(_found(document, set(tasks))))


def _found(document: Mapping[str, Any], tasks: set[str]) -> Iterator[tuple[str, str]]:
    for section, word in _SECTIONS.items():
        for task, value in _items(document.get(section)):
            if short(task) in tasks and value is not None:
                yield f"{short(task)}: {word}", _text(value)
    for task, config in _items(document.get("configs")):
        for key, word in _TASK.items() if short(task) in tasks and isinstance(config, dict) else ():
            value = config.get(key)
            if value is not None and "<function" not in str(value):
                yield f"{short(task)}: {word}", _text(value)
    config = document.get("config")
    if not isinstance(config, dict):
        return
    for key, word in _RUN.items():
        if key in config:
            yield word, _text(config[key] if config[key] not in ({}, "") else None)
    if "model_args" in config:
        stated = {k: v for k, v in _arguments(config["model_args"]).items() if k not in _RELEASED | _MACHINE}
        yield "model arguments", _text(", ".join(f"{k}={_plain(v)}" for k, v in sorted(stated.items())) or None)
    template = config.get("chat_template", document.get("chat_template"))
    if "chat_template" in {*config, *document}:
        yield "chat template", "applied" if template else "none"


def _items(section: Any) -> Sequence[tuple[str, Any]]:
    return list(section.items()) if isinstance(section, dict) else ()


def _arguments(stated: Any) -> dict[str, Any]:
    """``model_args`` is a text (``a=1,b=2``) or an object, by the version."""
    if isinstance(stated, dict):
        return {str(k): v for k, v in stated.items()}
    if not isinstance(stated, str):
        return {}
    pairs = (part.partition("=") for part in stated.split(",") if part.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _plain(value: Any) -> str:
    """As the text form has it: 1.0 and 1 are one number, True and true one word."""
    if isinstance(value, str):
        return value.lower() if value.lower() in ("true", "false", "none") else value
    return json.dumps(value, sort_keys=True, default=str)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    text = _ADDRESS.sub("", text)
    if len(text) <= _SHOWN:
        return short(text) or "none"
    return f"{short(text[:_SHOWN])}… ({hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]})"
