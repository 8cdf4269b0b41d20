/// Turns the bytes a terminal sends into events. A value: bytes in, events out, no clock, no file.
///
/// Reads the encodings that terminals share (ECMA-48 control sequences with xterm's parameters, SGR and
/// X10 mouse reports, bracketed paste, UTF-8, `CSI u`), and whatever else the terminfo entry lists. ncurses'
/// own reader is not used: it takes a paste for keys, and mouse reports only in the form its entry names.
///
/// ESC by itself is also the beginning of most sequences: when `isWaiting` stays true for a while, the
/// owner calls `flush()` and the bytes are taken for what they are.
package struct InputDecoder: Sendable {
  /// The longest control sequence or string that is waited for; what is longer is dropped.
  private static let sequenceLimit = 4096
  private static let pasteEnd = Array("\u{1B}[201~".utf8)
  private static let escape: UInt8 = 0x1B

  private let sequences: KeySequences
  private let erase: UInt8
  private let pasteLimit: Int
  private var buffer: [UInt8] = []
  private var paste: Paste?
  /// Whether a string of the terminal's is being dropped whose end has not come.
  private var isDroppingString = false
  /// How often in a row its owner has waited in vain for that end.
  private var vainWaits = 0
  /// After so many the terminal has given up on its string, and what comes next was typed.
  private static let patience = 20
  /// While an answer of the terminal may come, what looks like its beginning is not taken for keys: over a slow line it comes
  /// in pieces.
  var isAwaitingReply = false

  private struct Paste {
    var bytes: [UInt8] = []
    var isTruncated = false
  }

  /// - Parameters:
  ///   - sequences: the key sequences of the terminfo entry.
  ///   - erase: the terminal's erase byte (`VERASE`): 0x08 is Backspace only if it is that.
  ///   - pasteLimit: bytes of a paste to keep; the rest is read and dropped.
  package init(
    sequences: KeySequences = KeySequences([:]), erase: UInt8 = 0x7F, pasteLimit: Int = 1 << 20
  ) {
    self.sequences = sequences
    self.erase = erase
    self.pasteLimit = pasteLimit
  }

  /// Whether bytes are held back that could be the beginning of a longer sequence. A paste that has begun
  /// is waited for without limit, so that no part of it is ever taken for keys.
  package var isWaiting: Bool { paste == nil && (!buffer.isEmpty || isDroppingString) }

  /// Takes bytes as they came and returns the events they complete.
  package mutating func feed(_ bytes: some Sequence<UInt8>) -> [TerminalEvent] {
    buffer.append(contentsOf: bytes)
    vainWaits = 0
    return drain(isFinal: false)
  }

  /// Takes what is held back for complete: a lone ESC is the key.
  package mutating func flush() -> [TerminalEvent] {
    if isDroppingString {
      vainWaits += 1
      if vainWaits >= Self.patience { isDroppingString = false }
    }
    return paste == nil && !isReplyBegun ? drain(isFinal: true) : []
  }

  /// Whether all that is held back is the beginning of an answer that is awaited.
  private var isReplyBegun: Bool {
    guard isAwaitingReply, buffer.count < 64, buffer.starts(with: [Self.escape, 0x5D]) else {
      return false
    }
    let known = Array("11;rgba:0123456789abcdefABCDEF/\u{1B}".utf8)
    return buffer.count > 2 && buffer.dropFirst(2).allSatisfy(known.contains)
  }

  private mutating func drain(isFinal: Bool) -> [TerminalEvent] {
    var events: [TerminalEvent] = []
    var start = 0
    while start < buffer.count {
      if paste != nil {
        guard let event = takePaste(from: &start) else { break }
        events.append(event)
        continue
      }
      if isDroppingString {
        guard let end = endOfString(from: start, isFinal: isFinal) else {
          start = buffer.count - 1
          break
        }
        start = end
        continue
      }
      switch parse(buffer[start...], isFinal: isFinal) {
      case .event(let event, let length):
        events.append(event)
        start += length
        if case .background = event { isAwaitingReply = false }
      case .nothing(let length):
        start += length
      case .stringBegins(let length):
        isDroppingString = true
        isAwaitingReply = false
        start += length
      case .pasteBegins(let length):
        paste = Paste()
        start += length
      case .incomplete:
        buffer.removeFirst(start)
        return events
      }
    }
    buffer.removeFirst(start)
    return events
  }

  /// Behind the end of the string that is being dropped, or of the buffer; `nil` where its last byte is an ESC, of which the
  /// next one tells what it is.
  private mutating func endOfString(from start: Int, isFinal: Bool) -> Int? {
    let end = buffer[start...].firstIndex { $0 == 0x07 || $0 == Self.escape }
    guard let end else { return buffer.count }
    guard buffer[end] == Self.escape else {
      isDroppingString = false
      return end + 1
    }
    guard end + 1 < buffer.count || isFinal else { return nil }
    isDroppingString = false
    // ESC and a backslash are the end; any other sequence ends the string too, and means what it means.
    let isTerminator = end + 1 < buffer.count && buffer[end + 1] == UInt8(ascii: "\\")
    return isTerminator ? end + 2 : end
  }

  /// Moves bytes of a paste out of the buffer; the event when its end was there.
  private mutating func takePaste(from start: inout Int) -> TerminalEvent? {
    guard var paste else { return nil }
    let rest = buffer[start...]
    let end = rest.firstRange(of: Self.pasteEnd)
    // Without the end, its first bytes may be the last ones here.
    let kept = end == nil ? Self.pasteEnd.prefixLength(atEndOf: rest) : 0
    let text = rest[..<(end?.lowerBound ?? rest.endIndex - kept)]
    let room = max(0, pasteLimit - paste.bytes.count)
    paste.bytes.append(contentsOf: text.prefix(room))
    paste.isTruncated = paste.isTruncated || text.count > room
    start = end?.upperBound ?? text.endIndex
    guard end != nil else {
      self.paste = paste
      return nil
    }
    self.paste = nil
    // A limit may have cut a character in two; decoding would show a replacement for it.
    let whole = paste.isTruncated ? paste.bytes.droppingCutScalar() : paste.bytes[...]
    // Terminals send a line break as Return would.
    let decoded = String(decoding: whole, as: UTF8.self)
      .replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    return .paste(decoded, isTruncated: paste.isTruncated)
  }
}

// MARK: - One event

extension InputDecoder {
  private enum Parsed {
    case event(TerminalEvent, length: Int)
    /// Well-formed, and means nothing here.
    case nothing(length: Int)
    case pasteBegins(length: Int)
    /// A string of the terminal's without its end, of which nothing is a key.
    case stringBegins(length: Int)
    case incomplete

    /// The same with one more byte, an ESC that means Alt, before it.
    var withAlt: Parsed {
      switch self {
      case .event(.key(let press), let length):
        .event(.key(KeyPress(press.key, press.modifiers.union(.alt))), length: length + 1)
      case .event(let event, let length): .event(event, length: length + 1)
      case .nothing(let length): .nothing(length: length + 1)
      case .pasteBegins(let length): .pasteBegins(length: length + 1)
      case .stringBegins(let length): .stringBegins(length: length + 1)
      case .incomplete: .incomplete
      }
    }
  }

  private func parse(_ bytes: ArraySlice<UInt8>, isFinal: Bool) -> Parsed {
    switch sequences.match(bytes) {
    case .key(let press, let length): return .event(.key(press), length: length)
    case .prefix where !isFinal: return .incomplete
    default: break
    }
    guard let first = bytes.first else { return .incomplete }
    guard first == Self.escape else { return parseCharacter(bytes, isFinal: isFinal) }
    let rest = bytes.dropFirst()
    guard let second = rest.first else {
      return isFinal ? .event(.key(KeyPress(.escape)), length: 1) : .incomplete
    }
    switch second {
    case UInt8(ascii: "["):
      return ControlSequence.parse(rest.dropFirst()).map(self.parsed(_:))
        ?? unfinished(bytes, isFinal: isFinal)
    case UInt8(ascii: "O"):
      guard let third = rest.dropFirst().first else { return unfinished(bytes, isFinal: isFinal) }
      guard let key = ControlSequence.applicationKey(third) else { return .nothing(length: 3) }
      return .event(.key(KeyPress(key)), length: 3)
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"):
      return parseString(bytes, isFinal: isFinal)
    case Self.escape:
      // Some terminals send Alt with a special key as ESC before its sequence.
      guard let third = rest.dropFirst().first else {
        return isFinal ? .event(.key(KeyPress(.escape)), length: 1) : .incomplete
      }
      if third == UInt8(ascii: "[") || third == UInt8(ascii: "O") {
        return parse(rest, isFinal: isFinal).withAlt
      }
      return .event(.key(KeyPress(.escape)), length: 1)
    default:
      return parseCharacter(rest, isFinal: isFinal).withAlt
    }
  }

  private func parsed(_ sequence: ControlSequence) -> Parsed {
    let length = sequence.length + 2
    if sequence.isPasteStart { return .pasteBegins(length: length) }
    return sequence.event.map { .event($0, length: length) } ?? .nothing(length: length)
  }

  /// A sequence whose end has not come: ESC and a character by themselves are Alt with it.
  private func unfinished(_ bytes: ArraySlice<UInt8>, isFinal: Bool) -> Parsed {
    if bytes.count > Self.sequenceLimit { return .nothing(length: bytes.count) }
    guard isFinal else { return .incomplete }
    if bytes.count == 2 { return parseCharacter(bytes.dropFirst(), isFinal: true).withAlt }
    return .nothing(length: bytes.count)
  }

  /// A reply of the terminal (OSC, DCS, APC, PM) up to BEL or ST. Only the background is asked for; nothing may be typed.
  private func parseString(_ bytes: ArraySlice<UInt8>, isFinal: Bool) -> Parsed {
    for index in bytes.indices.dropFirst(2) {
      let isEnd = bytes[index] == UInt8(ascii: "\\") && bytes[index - 1] == Self.escape
      guard isEnd || bytes[index] == 0x07 else { continue }
      let length = index + 1 - bytes.startIndex
      let text = String(decoding: bytes[..<(isEnd ? index - 1 : index)].dropFirst(2), as: UTF8.self)
      guard bytes[bytes.startIndex + 1] == UInt8(ascii: "]"),
        let appearance = BackgroundColor.appearance(ofReply: text)
      else { return .nothing(length: length) }
      return .event(.background(appearance), length: length)
    }
    // ESC and a bracket by themselves are Alt with it. More than that comes in one piece from a terminal, and in two from
    // nobody's fingers.
    if bytes.count > Self.sequenceLimit || (isFinal && bytes.count > 2) {
      return .stringBegins(length: bytes.count)
    }
    return unfinished(bytes, isFinal: isFinal)
  }

  private func parseCharacter(_ bytes: ArraySlice<UInt8>, isFinal: Bool) -> Parsed {
    guard let byte = bytes.first else { return .incomplete }
    if byte < 0x80 { return .event(.key(press(forASCII: byte)), length: 1) }
    var decoder = UTF8()
    var input = bytes.makeIterator()
    let length = UTF8.width(ofLeadingByte: byte)
    switch decoder.decode(&input) {
    case .scalarValue(let scalar):
      return .event(.key(.character(Character(scalar))), length: length)
    case .error, .emptyInput:
      let isCut = bytes.count < length && bytes.dropFirst().allSatisfy { $0 & 0xC0 == 0x80 }
      if isCut, !isFinal { return .incomplete }
      return .event(.key(.character("\u{FFFD}")), length: 1)
    }
  }

  private func press(forASCII byte: UInt8) -> KeyPress {
    switch byte {
    case 0x7F: KeyPress(.backspace)
    case 0x08 where erase == 0x08: KeyPress(.backspace)
    case 0x09: KeyPress(.tab)
    case 0x0D: KeyPress(.enter)
    case 0x1B: KeyPress(.escape)
    case 0x00: .control(" ")
    // Ctrl takes 0x40 off the character; the letters are told in lower case.
    case 0x01...0x1A: .control(Character(Unicode.Scalar(byte + 0x60)))
    case 0x1C...0x1F: .control(Character(Unicode.Scalar(byte + 0x40)))
    default: .character(Character(Unicode.Scalar(byte)))
    }
  }
}

extension UTF8 {
  /// Bytes of the sequence that `byte` leads; 1 if it leads none.
  fileprivate static func width(ofLeadingByte byte: UInt8) -> Int {
    switch byte {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }
}

extension [UInt8] {
  /// How many of the first bytes of this are the last ones of `bytes`; less than all of them.
  fileprivate func prefixLength(atEndOf bytes: ArraySlice<UInt8>) -> Int {
    (1..<count).reversed().first { bytes.suffix($0).elementsEqual(prefix($0)) } ?? 0
  }

  /// Without the UTF-8 sequence at the end that is not complete, if there is one.
  fileprivate func droppingCutScalar() -> ArraySlice<UInt8> {
    guard let lead = suffix(4).lastIndex(where: { $0 & 0xC0 != 0x80 }),
      count - lead < UTF8.width(ofLeadingByte: self[lead])
    else { return self[...] }
    return self[..<lead]
  }
}
