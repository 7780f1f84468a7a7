/**
 * Jinja templates that render as those of well-known models do, without their tools and images.
 * Written for these tests.
 */

const chatMLBody =
  "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

export const smolLMTemplate =
  "{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are Smol.<|im_end|>\n' }}{% endif %}" +
  chatMLBody;

export const qwenTemplate =
  `${chatMLBody}{% if tools %}{{ '<tool_call>' }}{% endif %}` +
  "{% if add_generation_prompt and enable_thinking is defined and not enable_thinking %}{{ '<think>\n\n</think>\n\n' }}{% endif %}";

export const llama3Template =
  "{{ bos_token }}{% for m in messages %}" +
  "{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content | trim + '<|eot_id|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}";

export const llama3_1Template =
  "{{ bos_token }}{% set first = messages[0] %}{% if first.role == 'system' %}{% set messages = messages[1:] %}{% endif %}" +
  "{{ '<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: ' + (date_string or '26 Jul 2024') + '\n\n' }}" +
  "{% if first.role == 'system' %}{{ first.content }}{% endif %}{{ '<|eot_id|>' }}" +
  llama3Template.slice("{{ bos_token }}".length);

export const gemmaTemplate =
  "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" +
  "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate') }}{% endif %}" +
  "{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + '\n' + m.content | trim + '<end_of_turn>\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}";

export const mistralTemplate =
  "{{ bos_token }}{% if messages[0].role == 'system' %}{% set system = messages[0].content %}{% set messages = messages[1:] %}{% endif %}" +
  "{% for m in messages %}{% if m.role == 'user' %}{% if loop.last and system is defined %}" +
  "{{ '[INST]' + system + '\n\n' + m.content + '[/INST]' }}{% else %}{{ '[INST]' + m.content + '[/INST]' }}{% endif %}" +
  "{% else %}{{ m.content + eos_token }}{% endif %}{% endfor %}";

export const llama2Template =
  "{% if messages[0].role == 'system' %}{% set system = messages[0].content %}{% set messages = messages[1:] %}{% endif %}" +
  "{% for m in messages %}{% if m.role == 'user' %}{% if loop.first and system is defined %}" +
  "{{ bos_token + '[INST] <<SYS>>\n' + system + '\n<</SYS>>\n\n' + m.content + ' [/INST]' }}" +
  "{% else %}{{ bos_token + '[INST] ' + m.content + ' [/INST]' }}{% endif %}" +
  "{% else %}{{ ' ' + m.content + eos_token }}{% endif %}{% endfor %}";

export const deepSeekTemplate =
  "{{ bos_token }}{% for m in messages %}{% if m.role == 'system' %}{{ m.content }}{% elif m.role == 'user' %}" +
  "{{ '<｜User｜>' + m.content }}{% else %}{{ '<｜Assistant｜>' + m.content.split('</think>')[-1] + '<｜end▁of▁sentence｜>' }}" +
  "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %}";

/** A format that no built-in wrapper has, with tools, results and thoughts that the template opens. */
export const unknownTemplate =
  "{% if tools %}{{ '[TOOLS ' + tools | tojson + ']' }}{% endif %}" +
  "{% for m in messages %}{{ '(' + m.role + ')' }}" +
  "{% if m.tool_calls %}{% for c in m.tool_calls %}{{ '<call ' + c.function.name + '>' + c.function.arguments | tojson + '</call>' }}{% endfor %}" +
  "{% else %}{{ m.content }}{% endif %}{{ '<end>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '(assistant)' }}{% if thinking %}{{ '<think>' }}{% endif %}{% endif %}";
