import Foundation

/// The end of a process that may still be computing, as the explorer's effects do when it is left.
enum Departure {
  /// Ends the process without what `exit` runs last: that would take OpenBLAS's memory from under threads that use it.
  static func leave(_ code: Int32) -> Never {
    fflush(nil)
    _exit(code)
  }
}
