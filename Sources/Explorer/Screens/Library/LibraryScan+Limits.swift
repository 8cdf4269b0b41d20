import Dispatch
import Foundation
import Synchronization

/// What may be wrong with an entry before anything of it was read.
extension LibraryScan {
  /// What `work` finds, or `nil` where it took too long: one entry that cannot be read, as on a disk that does not answer, does not
  /// keep the others from being shown. Its thread is left to itself.
  static func limited<Value: Sendable>(
    to limit: Duration, _ work: @escaping @Sendable () -> Value
  ) -> Value? {
    let done = DispatchSemaphore(value: 0)
    let found = Found<Value>()
    let thread = Thread {
      let value = work()
      found.value.withLock { $0 = value }
      done.signal()
    }
    thread.stackSize = 8 << 20
    thread.start()
    let (seconds, attoseconds) = limit.components
    let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    guard done.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success else { return nil }
    return found.value.withLock { $0 }
  }

  private final class Found<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }

  /// The names in a folder that are not UTF-8, with those bytes spelled out: Foundation cannot open them, nor name them.
  ///
  /// - Parameter limit: how many are looked for.
  static func namesThatAreNotText(in folder: URL, limit: Int = 100) -> [String] {
    guard let directory = opendir(folder.path(percentEncoded: false)) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < limit, let entry = readdir(directory) {
      let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard bytes.first != UInt8(ascii: "."), String(validating: bytes, as: UTF8.self) == nil else {
        continue
      }
      let isFolder = entry.pointee.d_type == UInt8(DT_DIR)
      let suffix = bytes.lastIndex(of: UInt8(ascii: ".")).map {
        String(decoding: bytes[($0 + 1)...], as: UTF8.self).lowercased()
      }
      guard isFolder || ["pkl", "pickle", "gguf"].contains(suffix ?? "") else { continue }
      names.append(escaped(bytes))
    }
    return names.sorted()
  }

  /// As text where it is that, other bytes as `\xHH`.
  static func escaped(_ bytes: [UInt8]) -> String {
    var text = ""
    var rest = bytes[...]
    while let first = rest.first {
      let length = (1...4).first { count in
        count <= rest.count && String(validating: rest.prefix(count), as: UTF8.self) != nil
      }
      if let length {
        text += String(decoding: rest.prefix(length), as: UTF8.self)
        rest = rest.dropFirst(length)
      } else {
        let digits = String(first, radix: 16)
        text += "\\x" + (digits.count < 2 ? "0" : "") + digits
        rest = rest.dropFirst()
      }
    }
    return text
  }
}
