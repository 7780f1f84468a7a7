"""Turns a GGUF file into a folder that vLLM serves. Usage: gguf-to-safetensors.py MODEL.gguf FOLDER"""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

source, folder = Path(sys.argv[1]), sys.argv[2]
where = {"pretrained_model_name_or_path": source.parent, "gguf_file": source.name}
AutoTokenizer.from_pretrained(**where).save_pretrained(folder)
AutoModelForCausalLM.from_pretrained(
    **where, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32
).save_pretrained(folder)
