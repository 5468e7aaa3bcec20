"""Files, environment, processes, network: what a program may not reach."""

from __future__ import annotations

from instruct2act.sandbox.probe.attack import End, dies, gives

_MISSING = (
    "ModuleNotFoundError",
    "AttributeError",
    "RuntimeError",
    "NameError",
    "PermissionError",
    "NotImplementedError",
)

ATTACKS = [
    dies("read_passwd", "return open('/etc/passwd').read()", "PermissionError"),
    dies("read_the_canary", "return open(CANARY_FILE).read()", "PermissionError"),
    dies("write_a_file", "open(CANARY_FILE, 'w').write('gone')", "PermissionError"),
    dies("append_to_a_file", "open(CANARY_FILE, 'a').write('more')", "PermissionError"),
    dies("own_memory", "return open('/proc/self/mem', 'rb').read(10)", "PermissionError"),
    dies("parent_environment", "return open('/proc/1/environ').read()", "PermissionError"),
    dies("path_object", "from pathlib import Path\nreturn Path(CANARY_FILE).read_text()", *_MISSING),
    dies("list_a_folder", "from pathlib import Path\nreturn [str(p) for p in Path('/').iterdir()]", *_MISSING),
    gives(
        "does_it_exist",
        "from pathlib import Path\ntry:\n    return Path(CANARY_FILE).exists() or None\nexcept Exception:\n    pass\n",
        second=End(("ModuleNotFoundError",)),
    ),
    dies("remove_a_file", "import os\nos.remove(CANARY_FILE)", *_MISSING),
    dies("environment", "import os\nreturn os.environ['INSTRUCT2ACT_CANARY']", *_MISSING),
    dies(
        "environment_by_getenv",
        "import os\nreturn {'got': os.getenv('INSTRUCT2ACT_CANARY', 'nothing')}['got'] + 1",
        *_MISSING,
        "TypeError",
    ),
    dies("shell", "import os\nos.system('touch /tmp/instruct2act-was-here')", *_MISSING),
    dies("subprocess", "import subprocess\nreturn subprocess.run(['id'])", *_MISSING),
    dies("exec", "import os\nos.execv('/bin/sh', ['sh'])", *_MISSING),
    dies("fork", "import os\nos.fork()", *_MISSING),
    dies("fork_bomb", "import os\nwhile True:\n    os.fork()", *_MISSING),
    dies("threads", "import threading\nwhile True:\n    threading.Thread(target=print).start()", *_MISSING),
    dies("processes", "import multiprocessing\nmultiprocessing.Process(target=print).start()", *_MISSING),
    dies("kill_the_host", "import os, signal\nos.kill(os.getppid(), 9)", *_MISSING),
    dies("ctypes", "import ctypes\nreturn ctypes.CDLL(None).getpid()", *_MISSING),
    dies("socket", "import socket\nsocket.create_connection(('127.0.0.1', 80), 1)", *_MISSING),
    dies("urllib", "import urllib.request\nreturn urllib.request.urlopen('http://127.0.0.1/').read()", *_MISSING),
    dies(
        "asyncio_socket",
        "import asyncio\nasync def f():\n    return await asyncio.open_connection('127.0.0.1', 80)\nasyncio.run(f())",
        *_MISSING,
    ),
    dies("our_own_package", "import instruct2act\nreturn instruct2act.__file__", "ModuleNotFoundError"),
    dies("skills_package", "from skills.context import Context\nreturn Context", "ModuleNotFoundError"),
    dies("simulator", "import pybullet\npybullet.resetSimulation()", "ModuleNotFoundError"),
    dies("importlib", "import importlib\nreturn importlib.import_module('os')", *_MISSING),
    dies("pickle", "import pickle\nreturn pickle.loads(b'cos\\nsystem\\n.')", *_MISSING),
    dies("keyboard", "return input('password: ')", *_MISSING, second=End(("EOFError",))),
]
