/// A control sequence (`CSI`, that is ESC `[`, then parameters and a final byte), and what it means.
struct ControlSequence {
  /// Bytes after the CSI.
  let length: Int
  private let prefix: UInt8?
  private let parameters: [Int]
  private let final: UInt8
  private let mouse: MouseEvent?

  /// Reads one sequence; `nil` if its end is not among `bytes`.
  ///
  /// A byte that no sequence can hold ends a broken one, which then means nothing; that byte is left.
  static func parse(_ bytes: ArraySlice<UInt8>) -> ControlSequence? {
    guard let first = bytes.first else { return nil }
    if first == UInt8(ascii: "M") { return parseX10Mouse(bytes) }
    if first == UInt8(ascii: "[") {
      // The Linux console's F1...F5: a second bracket and a letter.
      guard let letter = bytes.dropFirst().first else { return nil }
      let number = Int(letter) - Int(UInt8(ascii: "A")) + 11
      return ControlSequence(
        length: 2, prefix: nil, parameters: [number], final: UInt8(ascii: "~"), mouse: nil)
    }
    var prefix: UInt8?
    var parameters: [Int] = []
    var isInSubparameter = false
    for (offset, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if isInSubparameter { continue }
        if parameters.isEmpty { parameters.append(0) }
        // No number a terminal sends is longer; a longer one must not overflow.
        let value = parameters[parameters.count - 1]
        parameters[parameters.count - 1] = min(value * 10 + Int(byte - 0x30), 1 << 24)
      case UInt8(ascii: ";"):
        if parameters.isEmpty { parameters.append(0) }
        parameters.append(0)
        isInSubparameter = false
      case UInt8(ascii: ":"):
        isInSubparameter = true
      case UInt8(ascii: "<")...UInt8(ascii: "?"):
        prefix = byte
      case 0x20...0x2F:
        continue
      case 0x40...0x7E:
        return ControlSequence(
          length: offset + 1, prefix: prefix, parameters: parameters, final: byte, mouse: nil)
      default:
        return ControlSequence(
          length: offset, prefix: nil, parameters: [], final: 0, mouse: nil)
      }
    }
    return nil
  }

  var isPasteStart: Bool {
    final == UInt8(ascii: "~") && prefix == nil && parameters.first == 200
  }

  /// The key or mouse event, `nil` for a sequence that is neither.
  var event: TerminalEvent? {
    if let mouse { return .mouse(mouse) }
    if prefix == UInt8(ascii: "<") { return sgrMouse.map(TerminalEvent.mouse) }
    guard prefix == nil else { return nil }
    return press.map(TerminalEvent.key)
  }

  // MARK: Keys

  private var press: KeyPress? {
    let first = parameters.first ?? 1
    let modifiers = Self.modifiers(parameter: parameters.count > 1 ? parameters[1] : 1)
    switch final {
    case UInt8(ascii: "~") where first == 27 && parameters.count > 2:
      return Self.press(code: parameters[2], modifiers)
    case UInt8(ascii: "~"): return Self.editingKey(first).map { KeyPress($0, modifiers) }
    case UInt8(ascii: "u"): return Self.press(code: first, modifiers)
    case UInt8(ascii: "Z"): return KeyPress(.backtab, modifiers)
    default: return Self.cursorKey(final).map { KeyPress($0, modifiers) }
    }
  }

  /// xterm's parameter: one more than a sum of shift 1, alt 2, control 4, meta 8.
  private static func modifiers(parameter: Int) -> KeyPress.Modifiers {
    let bits = max(0, parameter - 1)
    var modifiers: KeyPress.Modifiers = []
    if bits & 1 != 0 { modifiers.insert(.shift) }
    if bits & 0b1010 != 0 { modifiers.insert(.alt) }
    if bits & 4 != 0 { modifiers.insert(.control) }
    return modifiers
  }

  private static func cursorKey(_ final: UInt8) -> KeyPress.Key? {
    switch final {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "C"): .right
    case UInt8(ascii: "D"): .left
    case UInt8(ascii: "H"): .home
    case UInt8(ascii: "F"): .end
    case UInt8(ascii: "P")...UInt8(ascii: "S"): .f(Int(final - UInt8(ascii: "P")) + 1)
    default: nil
    }
  }

  private static func editingKey(_ number: Int) -> KeyPress.Key? {
    switch number {
    case 1, 7: .home
    case 2: .insert
    case 3: .delete
    case 4, 8: .end
    case 5: .pageUp
    case 6: .pageDown
    // The VT220 left gaps in its numbers where its keyboard had gaps between keys.
    case 11...15: .f(number - 10)
    case 17...21: .f(number - 11)
    case 23...26: .f(number - 12)
    case 28, 29: .f(number - 13)
    case 31...34: .f(number - 14)
    default: nil
    }
  }

  /// A key given by the code of its character, as `CSI u` and xterm's `modifyOtherKeys` do.
  private static func press(code: Int, _ modifiers: KeyPress.Modifiers) -> KeyPress? {
    switch code {
    case 8, 127: return KeyPress(.backspace, modifiers)
    case 9: return KeyPress(.tab, modifiers)
    case 13: return KeyPress(.enter, modifiers)
    case 27: return KeyPress(.escape, modifiers)
    case 32...:
      guard let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else { return nil }
      return KeyPress(.character(Character(scalar)), modifiers)
    default: return nil
    }
  }

  /// The key behind ESC `O` and this byte, sent in application mode.
  static func applicationKey(_ byte: UInt8) -> KeyPress.Key? {
    switch byte {
    case UInt8(ascii: "M"): return .enter
    case UInt8(ascii: "I"): return .tab
    case UInt8(ascii: "X"): return .character("=")
    case UInt8(ascii: " "): return .character(" ")
    // The number block: `j`...`y` stand for `*`...`9`.
    case UInt8(ascii: "j")...UInt8(ascii: "y"):
      return .character(Character(Unicode.Scalar(byte - 0x40)))
    default: return cursorKey(byte)
    }
  }

  // MARK: Mouse

  private static func parseX10Mouse(_ bytes: ArraySlice<UInt8>) -> ControlSequence? {
    guard bytes.count >= 4 else { return nil }
    let values = bytes.dropFirst().prefix(3).map { Int($0) - 32 }
    let isRelease = values[0] & 0b110_0011 == 3
    return ControlSequence(
      length: 4, prefix: nil, parameters: [], final: UInt8(ascii: "M"),
      mouse: mouseEvent(
        code: values[0], column: values[1] - 1, row: values[2] - 1, isRelease: isRelease))
  }

  private var sgrMouse: MouseEvent? {
    guard parameters.count == 3, final == UInt8(ascii: "M") || final == UInt8(ascii: "m") else {
      return nil
    }
    return Self.mouseEvent(
      code: parameters[0], column: parameters[1] - 1, row: parameters[2] - 1,
      isRelease: final == UInt8(ascii: "m"))
  }

  /// `code`: button in bits 0 and 1, shift 4, alt 8, control 16, motion 32, wheel 64, further buttons 128.
  private static func mouseEvent(
    code: Int, column: Int, row: Int, isRelease: Bool
  ) -> MouseEvent? {
    guard code >= 0, code < 128, row >= 0, column >= 0 else { return nil }
    var modifiers: KeyPress.Modifiers = []
    if code & 4 != 0 { modifiers.insert(.shift) }
    if code & 8 != 0 { modifiers.insert(.alt) }
    if code & 16 != 0 { modifiers.insert(.control) }
    let place = (row: row, column: column)
    if code & 64 != 0 {
      // A wheel has no release worth telling.
      guard !isRelease else { return nil }
      let kinds: [MouseEvent.Kind] = [.wheelUp, .wheelDown, .wheelLeft, .wheelRight]
      return MouseEvent(
        kinds[code & 3], row: place.row, column: place.column, modifiers: modifiers)
    }
    let buttons: [MouseEvent.Button] = [.left, .middle, .right, .none]
    let button = buttons[code & 3]
    let isMotion = code & 32 != 0
    if isMotion, button == .none { return nil }
    let kind: MouseEvent.Kind = isRelease ? .release : isMotion ? .drag : .press
    return MouseEvent(
      kind, button: button, row: place.row, column: place.column, modifiers: modifiers)
  }
}
