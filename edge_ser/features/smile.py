"""ctypes binding of libSMILEapi, the C interface of openSMILE.

The library and its configuration files come from the installed ``opensmile`` package. The package
is located but never imported: importing it loads pandas and audio-format packages, 100 MB of
memory that a device cannot spare.
"""

from __future__ import annotations

import ctypes as c
import functools
import importlib.util
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TAKEN, INVALID_STATE, RING_FULL = 0, 3, 8
_LOG_ERROR = 3
_INSTALL = "install it with: pip install --no-deps opensmile"


class FrameMeta(c.Structure):
    """``FrameMetaInfo`` of SMILEapi.h."""

    _fields_ = (
        ("index", c.c_long),
        ("time", c.c_double),
        ("period", c.c_double),
        ("length", c.c_double),
    )


class _Option(c.Structure):
    _fields_ = (("name", c.c_char_p), ("value", c.c_char_p))


class _LogMessage(c.Structure):
    _fields_ = (
        ("type", c.c_int),
        ("level", c.c_int),
        ("text", c.c_char_p),
        ("module", c.c_char_p),
    )


SinkCallback = c.CFUNCTYPE(
    c.c_int, c.POINTER(c.c_float), c.c_long, c.c_long, c.POINTER(FrameMeta), c.c_void_p
)
_LogCallback = c.CFUNCTYPE(None, c.c_void_p, _LogMessage, c.c_void_p)


def package_folder() -> Path:
    """Locate the ``core`` folder of the installed opensmile package.

    Raises:
        EdgeSerError: the package is not installed.
    """
    spec = importlib.util.find_spec("opensmile")
    if spec is None or not spec.submodule_search_locations:
        raise EdgeSerError(f"openSMILE is not installed; {_INSTALL}")
    return Path(spec.submodule_search_locations[0]) / "core"


def installed_version() -> str:
    """Return the version of the opensmile package; empty if it is not installed."""
    try:
        return version("opensmile")
    except PackageNotFoundError:
        return ""


@functools.cache
def library() -> c.CDLL:
    """Load the library and declare its prototypes.

    Raises:
        EdgeSerError: the package has no library for this platform.
    """
    found = sorted(package_folder().glob("bin/*/*SMILEapi.*"))
    if not found:
        raise EdgeSerError(f"this opensmile package has no library for this platform; {_INSTALL}")
    try:
        lib = c.CDLL(str(found[0]))
    except OSError as error:
        raise EdgeSerError(f"cannot load openSMILE ({error}); {_INSTALL}") from error
    handle, text, out_long = c.c_void_p, c.c_char_p, c.POINTER(c.c_long)
    options = c.POINTER(_Option)
    initialise: list[Any] = [handle, text, c.c_int, options, c.c_int, c.c_int, c.c_int, text]
    prototypes: dict[str, tuple[list[Any], Any]] = {
        "smile_new": ([], handle),
        "smile_initialize": (initialise, c.c_int),
        "smile_run": ([handle], c.c_int),
        "smile_abort": ([handle], c.c_int),
        "smile_reset": ([handle], c.c_int),
        "smile_free": ([handle], None),
        "smile_error_msg": ([handle], text),
        "smile_set_log_callback": ([handle, _LogCallback, c.c_void_p], c.c_int),
        "smile_extaudiosource_write_data": ([handle, text, c.c_void_p, c.c_int], c.c_int),
        "smile_extaudiosource_set_external_eoi": ([handle, text], c.c_int),
        "smile_extsink_set_data_callback_ex": ([handle, text, SinkCallback, c.c_void_p], c.c_int),
        "smile_extsink_get_num_elements": ([handle, text, out_long], c.c_int),
        "smile_extsink_get_element_name": (
            [handle, text, c.c_long, c.POINTER(text)],
            c.c_int,
        ),
    }
    for name, (arguments, result) in prototypes.items():
        function = getattr(lib, name)
        function.argtypes, function.restype = arguments, result
    return lib


class Smile:
    r"""An openSMILE instance.

    Args:
        configuration: path of the main configuration file.
        options: values of the ``\cm[...]`` options in it. openSMILE silently accepts unknown
            names, so they must come from the code, never from the user.

    Raises:
        EdgeSerError: openSMILE refuses the configuration.
    """

    def __init__(self, configuration: Path, options: Mapping[str, object]) -> None:
        self._lib = library()
        self._messages: list[str] = []
        self._handle: int | None = self._lib.smile_new()
        # kept on self: ctypes callbacks must live as long as the C library uses them
        self._log = _LogCallback(self._on_log)
        self._sinks: dict[bytes, object] = {}
        self._raised: BaseException | None = None
        array = (_Option * len(options))(
            *[_Option(name.encode(), str(value).encode()) for name, value in options.items()]
        )
        try:
            # without a log callback, initialisation errors have empty messages
            self._check(self._lib.smile_set_log_callback(self._handle, self._log, None))
            self._check(
                self._lib.smile_initialize(
                    self._handle, str(configuration).encode(), len(options), array, 1, 0, 0, None
                )
            )
        except EdgeSerError:
            self.free()
            raise

    def _on_log(self, _smile: int, message: _LogMessage, _parameter: int) -> None:
        if message.type == _LOG_ERROR:
            self._messages.append((message.text or b"").decode(errors="replace").strip())

    def _check(self, code: int) -> None:
        if code != TAKEN:
            last = (self._lib.smile_error_msg(self._handle) or b"").decode(errors="replace")
            detail = "; ".join(dict.fromkeys(filter(None, [*self._messages, last]))) or "no message"
            raise EdgeSerError(f"openSMILE failed with code {code}: {detail}")

    def element_names(self, sink: str) -> tuple[str, ...]:
        """Return the names of the columns that arrive at ``sink``."""
        count, name = c.c_long(), c.c_char_p()
        self._check(
            self._lib.smile_extsink_get_num_elements(self._handle, sink.encode(), c.byref(count))
        )
        names = []
        for i in range(count.value):
            self._check(
                self._lib.smile_extsink_get_element_name(
                    self._handle, sink.encode(), i, c.byref(name)
                )
            )
            names.append((name.value or b"").decode())
        return tuple(names)

    def on_frames(self, sink: str, take: Callable[[bytes], None]) -> None:
        """Register ``take``, which :meth:`run` calls with the float32 bytes of each frame."""

        def forward(data: c._Pointer[c.c_float], frames: int, width: int, *_: object) -> int:
            try:
                take(c.string_at(data, 4 * frames * width))
            except BaseException as error:  # noqa: BLE001 - ctypes would print and forget it
                self._raised = self._raised or error
            return 1

        callback = SinkCallback(forward)
        self._sinks[sink.encode()] = callback
        self._check(
            self._lib.smile_extsink_set_data_callback_ex(
                self._handle, sink.encode(), callback, None
            )
        )

    def run(self) -> None:
        """Process the input; return at its end or after :meth:`abort`.

        Raises:
            EdgeSerError: openSMILE fails.
            BaseException: the first that a function of :meth:`on_frames` raised.
        """
        self._raised = None
        self._check(self._lib.smile_run(self._handle))
        if self._raised is not None:
            raise self._raised

    def write(self, source: str, data: bytes) -> bool:
        """Write float32 samples; return False if the ring buffer has no room for them yet."""
        code = self._lib.smile_extaudiosource_write_data(
            self._handle, source.encode(), data, len(data)
        )
        if code == RING_FULL:
            return False
        self._check(code)
        return True

    def end_of_input(self, source: str) -> None:
        """Signal the end of the input: :meth:`run` delivers the last frames and returns."""
        self._check(self._lib.smile_extaudiosource_set_external_eoi(self._handle, source.encode()))

    def abort(self) -> None:
        """Make :meth:`run` return soon, with the input unfinished; do nothing if it does not run.

        If another thread was only about to call :meth:`run`, call this again.
        """
        if (code := self._lib.smile_abort(self._handle)) != INVALID_STATE:
            self._check(code)

    def reset(self) -> None:
        """Return to the state after initialisation; callbacks must be registered again."""
        self._check(self._lib.smile_reset(self._handle))

    def free(self) -> None:
        """Release the instance; :meth:`run` must have returned (else it is a use after free)."""
        if self._handle is not None:
            self._lib.smile_free(self._handle)
            self._handle = None
