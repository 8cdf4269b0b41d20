@preconcurrency import Glibc

/// Results go here.
enum StandardOutput {
  /// Has the process end with status 1, and say why, where not all of its output could be written, as on a full disk or at a
  /// limit on the size of files: a result that is cut off must not look like one.
  static func watch() {
    atexit {
      errno = 0
      guard fflush(stdout) != 0 || ferror(stdout) != 0 else { return }
      let reason = errno == 0 ? "" : ": \(String(cString: strerror(errno)))"
      StandardError.print("exemplar: standard output: not all of it could be written\(reason)")
      _exit(1)
    }
  }
}
