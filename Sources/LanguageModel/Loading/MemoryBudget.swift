import Foundation

/// The memory that the system would give this process now.
package enum MemoryBudget {
  /// The smaller of what the machine has available and what the control group leaves, in bytes;
  /// `nil` where neither is known.
  package static func available() -> Int? {
    [machine(), controlGroup()].compactMap(\.self).min()
  }

  private static func machine() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else {
      return nil
    }
    return parse(meminfo: text)
  }

  /// The available bytes that `/proc/meminfo` states in kilobytes.
  static func parse(meminfo: String) -> Int? {
    for line in meminfo.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
  }

  private static func controlGroup() -> Int? {
    func number(_ name: String) -> Int? {
      guard let text = try? String(contentsOfFile: "/sys/fs/cgroup/\(name)", encoding: .utf8)
      else { return nil }
      // "max" where there is no limit.
      return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    guard let limit = number("memory.max"), let used = number("memory.current") else { return nil }
    return max(0, limit - used)
  }

  /// - Throws: `ModelError.notEnoughMemory` with both numbers.
  static func check(required: Int, available: Int?, model: String) throws {
    guard let available, required > available else { return }
    throw ModelError(
      .notEnoughMemory,
      "\(model) takes \(describe(required)) of memory, but only \(describe(available)) is available"
    )
  }

  /// `bytes` in GB or MB of ten to the nine or six.
  package static func describe(_ bytes: Int) -> String {
    bytes >= 1_000_000_000
      ? String(format: "%.2f GB", Double(bytes) / 1e9)
      : String(format: "%.0f MB", Double(bytes) / 1e6)
  }
}
