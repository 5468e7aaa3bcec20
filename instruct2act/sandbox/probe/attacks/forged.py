"""The wire, by a program that has taken its worker over and says to the host what it likes."""

from __future__ import annotations

from instruct2act.sandbox.probe.attack import ANYTHING, forged

_CALL = "tell(call='SAM', args=[{argument}], kw=[], at=[1, 1])\nspin()"

ATTACKS = [
    forged("four_gigabytes", "say(b'\\xff' * 4)\nspin()", "Nonsense"),
    forged("just_too_long", "say((2 * 1024 * 1024 + 1).to_bytes(4, 'big'))\nspin()", "Nonsense"),
    forged("no_json", "say(frame(b'hello'))\nspin()", "Nonsense"),
    forged("no_text", "say(frame(b'\\xff\\xfe\\x00\"'))\nspin()", "Nonsense"),
    forged("nothing", "say(frame(b''))\nspin()", "Nonsense"),
    forged("a_list", "say(frame(b'[1, 2]'))\nspin()", "Nonsense"),
    forged("an_empty_object", "say(frame(b'{}'))\nspin()", "Nonsense"),
    forged("unknown_subject", "tell(hello=1)\nspin()", "Nonsense"),
    forged("deep_json", "say(frame(b'[' * 1_000_000))\nspin()", "Nonsense"),
    forged(
        "deep_json_that_closes",
        "say(frame(b'{\"done\": ' + b'[' * 500_000 + b']' * 500_000 + b'}'))\nspin()",
        "Nonsense",
        "BadReturn",
    ),
    forged(
        "deep_value", "say(frame(b'{\"done\": ' + b'[' * 900 + b']' * 900 + b'}'))\nspin()", "Nonsense", "BadReturn"
    ),
    forged("many_empty_lists", "say(frame(b'{\"done\": [' + b'[],' * 600_000 + b'0]}'))\nspin()", "BadReturn"),
    forged("huge_integer", "say(frame(b'{\"done\": ' + b'9' * 1_000_000 + b'}'))\nspin()", "Nonsense"),
    forged("integer_beyond_bounds", "say(frame(b'{\"done\": ' + b'9' * 4000 + b'}'))\nspin()", "BadReturn"),
    forged("not_a_number", "say(frame(b'{\"done\": NaN}'))\nspin()", "BadReturn"),
    forged("infinity", "say(frame(b'{\"done\": [1e999, -Infinity]}'))\nspin()", "BadReturn"),
    forged("long_text", "tell(done='a' * 1_000_000)\nspin()", "BadReturn"),
    forged("half_a_character", 'say(frame(b\'{"done": "\\\\ud800"}\'))\nspin()', value="?"),
    forged("pickle", "say(frame(b\"cos\\nsystem\\n(S'touch /tmp/instruct2act-was-here'\\ntR.\"))\nspin()", "Nonsense"),
    forged(
        "class_of_its_own",
        "tell(done={'__class__': 'Mask', '__reduce__': ['os.system', 'id']})\nspin()",
        value={"__class__": "Mask", "__reduce__": ["os.system", "id"]},
    ),
    forged("unknown_skill", "tell(call='os.system', args=['id'], kw=[], at=[1, 1])\nspin()", "TimeLimit", "NameError"),
    forged("method_of_the_host", "tell(call='.__init__', args=[], kw=[], at=[1, 1])\nspin()", "TimeLimit"),
    forged("dunder_skill", "tell(call='__import__', args=['os'], kw=[], at=[1, 1])\nspin()", "TimeLimit"),
    forged("call_without_a_name", "tell(call='', args=[], kw=[], at=[1, 1])\nspin()", "Nonsense"),
    forged("call_of_a_number", "tell(call=7, args=[], kw=[], at=[1, 1])\nspin()", "Nonsense"),
    forged("arguments_that_are_none", "tell(call='SAM', args={'a': 1}, kw=[], at=[1, 1])\nspin()", "Nonsense"),
    forged("keywords_that_are_none", "tell(call='SAM', args=[], kw=[[1, 2]], at=[1, 1])\nspin()", "Nonsense"),
    forged("ten_thousand_arguments", "tell(call='SAM', args=[0] * 10_000, kw=[], at=[1, 1])\nspin()", "Nonsense"),
    forged("place_before_the_start", "tell(call='GetImage', args=[], kw=[], at=[-1, 1])\nspin()", "Nonsense"),
    forged("place_in_words", "tell(call='GetImage', args=[], kw=[], at=['1', True])\nspin()", "Nonsense"),
    forged("handle_never_given", _CALL.format(argument="{'$h': 999_999_999}"), "TimeLimit"),
    forged("handle_by_name", _CALL.format(argument="{'$h': '__class__'}"), "TimeLimit"),
    forged("handle_that_is_true", _CALL.format(argument="{'$h': True}"), "TimeLimit"),
    forged("handle_with_facts", _CALL.format(argument="{'$h': [['id', 1], ['kind', 'Image']]}"), "TimeLimit"),
    forged(
        "mask_by_an_images_number",
        "i = GetImage()\ntell(call='Pixel2Loc', args=[{'$h': i.id}], kw=[], at=[1, 1])\nspin()",
        "TimeLimit",
    ),
    forged("unknown_mark", "tell(done={'$x': 'no such reason', 'name': '\\x1b[2J'})\nspin()", "BadReturn"),
    forged("odd_keys", "tell(done={'$d': [[[1, 2], 3]]})\nspin()", "BadReturn"),
    forged("odd_pairs", "tell(done={'$d': [1, 2, 3]})\nspin()", "BadReturn"),
    forged(
        "calls_ahead_of_answers",
        "while True:\n    tell(call='GetImage', args=[], kw=[], at=[1, 1])",
        "CallLimit",
        "TimeLimit",
    ),
    forged("own_result", "tell(done={'done': 1})\nspin()", value={"done": 1}),
    forged(
        "result_and_more", "tell(done=1)\ntell(call='RobotExecution', args=[[]], kw=[], at=[1, 1])\nspin()", value=1
    ),
    forged(
        "own_abort", "tell(fail={'phase': 'run', 'type': 'Aborted', 'message': 'x', 'frames': []})\nspin()", "Aborted"
    ),
    forged(
        "error_with_escapes",
        "tell(fail={'phase': 'run', 'type': '\\x1b[2J', 'message': '\\x1b]0;owned\\x07', "
        "'frames': [['\\x1b', 1, 1]]})\nspin()",
        "Exception",
    ),
    forged("error_without_a_type", "tell(fail={'phase': 'run'})\nspin()", "Nonsense"),
    forged("error_that_is_a_list", "tell(fail=[1])\nspin()", "Nonsense"),
    forged(
        "endless_traceback",
        "tell(fail={'phase': 'run', 'type': 'E', 'message': '', 'frames': [['f', 1, 1]] * 10_000})\nspin()",
        "Nonsense",
    ),
    forged(
        "huge_message",
        "tell(fail={'phase': 'run', 'type': 'E', 'message': 'x' * 1_900_000, 'frames': []})\nspin()",
        "E",
    ),
    forged("print_of_a_number", "tell(print=7)\nspin()", "Nonsense"),
    forged("print_flood", "while True:\n    tell(print='a' * 100_000)", "PrintLimit"),
    forged("flood_of_nothing", "while True:\n    tell(print='')", "TimeLimit"),
    forged("second_hello", "tell(contained=True)\nspin()", "Nonsense"),
    forged("refusal_in_the_middle", "tell(refused='the jail does not hold')\nspin()", "Nonsense"),
    forged("half_a_frame", "say((100).to_bytes(4, 'big') + b'{')\nspin()", "TimeLimit"),
    forged("half_a_frame_and_an_end", "say((100).to_bytes(4, 'big') + b'{')\nos._exit(0)", "Crashed"),
    forged(
        "one_byte_at_a_time",
        "data = frame(b'{\"print\": \"' + b'a' * 100 + b'\"}')\nwhile True:\n"
        "    for i in range(len(data)):\n        os.write(3, data[i:i + 1])",
        "PrintLimit",
        "TimeLimit",
    ),
    forged("answer_to_itself", "tell(value=1)\nspin()", "Nonsense"),
    forged("twice_the_same_key", 'say(frame(b\'{"done": 1, "done": 2}\'))\nspin()', value=ANYTHING),
]
