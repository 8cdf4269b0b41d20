/// The byte sequences a terminfo entry gives for keys, for the terminals that have some of their own.
package struct KeySequences: Sendable {
  private let keys: [[UInt8]: KeyPress]
  private let prefixes: Set<[UInt8]>
  private let longest: Int

  enum Match {
    case key(KeyPress, length: Int)
    /// The bytes begin a sequence, and end before it does.
    case prefix
    case none
  }

  /// Sequences must begin with ESC; others are left out, for they would take the place of typed text.
  package init(_ keys: [[UInt8]: KeyPress]) {
    let keys = keys.filter { $0.key.count > 1 && $0.key.first == 0x1B }
    self.keys = keys
    prefixes = Set(keys.keys.flatMap { key in (1..<key.count).map { Array(key.prefix($0)) } })
    longest = keys.keys.map(\.count).max() ?? 0
  }

  /// Finds the longest sequence that `bytes` begin with.
  func match(_ bytes: ArraySlice<UInt8>) -> Match {
    guard bytes.first == 0x1B, longest > 0 else { return .none }
    var length = min(bytes.count, longest)
    while length > 1 {
      if let press = keys[Array(bytes.prefix(length))] { return .key(press, length: length) }
      length -= 1
    }
    return bytes.count < longest && prefixes.contains(Array(bytes)) ? .prefix : .none
  }

  /// Reads the sequences of an entry.
  ///
  /// F13 and up are left out: entries list Shift-F1 as F13, and its sequence says Shift by itself.
  ///
  /// - Parameter capability: the string of a terminfo capability, by its short name.
  package init(capability: (String) -> [UInt8]?) {
    var found: [[UInt8]: KeyPress] = [:]
    func add(_ name: String, _ press: KeyPress) {
      if let bytes = capability(name) { found[bytes] = press }
    }
    let modified: [(name: String, key: KeyPress.Key)] = [
      ("kUP", .up), ("kDN", .down), ("kLFT", .left), ("kRIT", .right), ("kHOM", .home),
      ("kEND", .end), ("kPRV", .pageUp), ("kNXT", .pageDown), ("kDC", .delete), ("kIC", .insert),
    ]
    let combinations: [(suffix: String, modifiers: KeyPress.Modifiers)] = [
      ("", .shift), ("3", .alt), ("4", [.alt, .shift]), ("5", .control), ("6", [.control, .shift]),
      ("7", [.control, .alt]), ("8", [.control, .alt, .shift]),
    ]
    for (name, key) in modified {
      for (suffix, modifiers) in combinations { add(name + suffix, KeyPress(key, modifiers)) }
    }
    let plain: [(name: String, key: KeyPress.Key)] = [
      ("kcuu1", .up), ("kcud1", .down), ("kcub1", .left), ("kcuf1", .right), ("khome", .home),
      ("kend", .end), ("kpp", .pageUp), ("knp", .pageDown), ("kdch1", .delete), ("kich1", .insert),
      ("kcbt", .backtab), ("kent", .enter),
    ]
    for (name, key) in plain { add(name, KeyPress(key)) }
    for number in 1...12 { add("kf\(number)", KeyPress(.f(number))) }
    self.init(found)
  }
}
