/// What each id stands for, and how a sequence of ids becomes text.
struct TokenDecoder: Sendable {
  struct Traits: OptionSet, Sendable {
    let rawValue: UInt8
    /// Left out when a reader asks for no special tokens.
    static let special = Traits(rawValue: 1)
    /// Stands for one byte (`<0x0A>`).
    static let byte = Traits(rawValue: 2)
  }

  private var pool: [UInt8] = []
  private var starts: [UInt32] = []
  private var lengths: [UInt32] = []
  private var traits: [Traits] = []
  /// Spaces that encoding put in front, taken off again.
  var leadingSpaces = 0
  /// The first token's spaces are dropped, all of them (the hub's `Metaspace`).
  var dropsFirstTokenSpaces = false
  /// A run of byte tokens that is not UTF-8 as a whole becomes one U+FFFD for each byte (the
  /// hub's `ByteFallback`), instead of being read as far as it goes.
  var judgesByteRunsWhole = false

  /// Decodes in place of what is above, where that cannot be done token by token.
  var chain: DecodingChain?

  init(minimumCapacity: Int) {
    starts.reserveCapacity(minimumCapacity)
    lengths.reserveCapacity(minimumCapacity)
    traits.reserveCapacity(minimumCapacity)
  }

  /// Sets the next id.
  mutating func append(_ bytes: some Collection<UInt8>, _ traits: Traits) {
    starts.append(UInt32(pool.count))
    lengths.append(UInt32(bytes.count))
    self.traits.append(traits)
    pool.append(contentsOf: bytes)
  }

  mutating func mark(_ id: Int, _ added: Traits) {
    if traits.indices.contains(id) { traits[id].insert(added) }
  }

  func bytes(of id: Int) -> ArraySlice<UInt8> {
    guard starts.indices.contains(id) else { return [] }
    let start = Int(starts[id])
    return pool[start..<(start + Int(lengths[id]))]
  }

  func traits(of id: Int) -> Traits {
    traits.indices.contains(id) ? traits[id] : []
  }

  func isShown(_ id: Int, skipSpecial: Bool) -> Bool {
    starts.indices.contains(id) && !(skipSpecial && traits[id].contains(.special))
  }

  /// The text of a sequence of ids; unknown ids give nothing.
  func decode(_ ids: some Sequence<Int>, skipSpecial: Bool) -> String {
    if let chain {
      let shown = ids.filter { isShown($0, skipSpecial: skipSpecial) }
      return String(decoding: chain.bytes(of: shown), as: UTF8.self)
    }
    var text: [UInt8] = []
    var byteRun: [UInt8] = []
    var isFirst = true
    for id in ids where isShown(id, skipSpecial: skipSpecial) {
      if judgesByteRunsWhole, traits[id].contains(.byte) {
        byteRun.append(contentsOf: bytes(of: id))
      } else {
        flush(&byteRun, into: &text)
        if isFirst, dropsFirstTokenSpaces {
          text.append(contentsOf: bytes(of: id).filter { $0 != 0x20 })
        } else {
          text.append(contentsOf: bytes(of: id))
        }
      }
      isFirst = false
    }
    flush(&byteRun, into: &text)
    let blanks = text.prefix(leadingSpaces).prefix { $0 == 0x20 }.count
    return String(decoding: text[blanks...], as: UTF8.self)
  }

  private func flush(_ run: inout [UInt8], into text: inout [UInt8]) {
    if run.isEmpty { return }
    if String(validating: run, as: UTF8.self) != nil {
      text.append(contentsOf: run)
    } else {
      for _ in run { text.append(contentsOf: "\u{FFFD}".utf8) }
    }
    run.removeAll(keepingCapacity: true)
  }
}
