import Synchronization

/// What compressed bytes may come to, whatever a file says of them.
enum Inflation {
  /// Numbers and texts are seldom packed tighter than this.
  static let ratio = 32
  /// A small file may hold a lot of the same.
  static let floor = 256 << 20

  static func most(from stored: Int) -> Int {
    let (product, overflow) = stored.multipliedReportingOverflow(by: ratio)
    return overflow ? .max : max(floor, product)
  }

  /// - Throws: `malformedHeader` where `byteCount` is more than `stored` bytes may come to.
  static func check(_ byteCount: Int, from stored: Int) throws {
    guard byteCount > most(from: stored) else { return }
    throw TensorFileError(.malformedHeader, refusal("\(byteCount)", from: stored))
  }

  static func refusal(_ found: String, from stored: Int) -> String {
    "expected at most \(most(from: stored)) bytes from \(stored) compressed ones (\(ratio) to 1, and \(floor >> 20) MB at "
      + "least), found \(found); uncompressed, a file of any size is read"
  }
}

/// Work without batches, such as unpacking, asks between its steps whether it is to go on.
package enum LongWork {
  private static let question = Mutex<(@Sendable () throws -> Void)?>(nil)

  /// From here on `check`, which may throw, is asked.
  package static func askBetweenSteps(_ check: @escaping @Sendable () throws -> Void) {
    question.withLock { $0 = check }
  }

  package static func check() throws { try question.withLock { $0 }?() }
}
