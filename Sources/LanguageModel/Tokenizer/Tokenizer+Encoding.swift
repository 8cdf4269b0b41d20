extension Tokenizer {
  /// The longest text that can be encoded at once, in bytes: offsets in what it is rewritten to
  /// take 32 bits, and it may grow eightfold.
  package static let longestText = (1 << 28) - 1

  /// The ids of a text of at most `longestText` bytes.
  ///
  /// - Parameters:
  ///   - addSpecial: put the tokens around it that the model's settings ask for (BOS, EOS).
  ///   - parseSpecial: read the spellings of special tokens in the text as those tokens;
  ///     otherwise they are plain text. Added tokens that are not special are found either way.
  /// - Complexity: O(n log n) in the length of the longest word, O(n) in the number of words.
  package func encode(_ text: String, addSpecial: Bool, parseSpecial: Bool) -> [Int] {
    encodeWithOffsets(text, addSpecial: addSpecial, parseSpecial: parseSpecial).ids
  }

  /// The ids of a text, each with the UTF-8 offset in the text where it ends.
  package func encodeWithOffsets(
    _ text: String, addSpecial: Bool, parseSpecial: Bool
  ) -> TokenizedText {
    let scope: AddedTokens.SpecialScope = parseSpecial ? .everywhere : .nowhere
    return encode(text, addSpecial: addSpecial, special: scope)
  }

  func encode(
    _ text: String, addSpecial: Bool, special: AddedTokens.SpecialScope
  ) -> TokenizedText {
    var text = text
    var tokens = TokenizedText()
    if addSpecial { for id in settings.prefix { tokens.append(id, end: 0) } }
    text.withUTF8 { buffer in
      precondition(
        buffer.count <= Self.longestText,
        "text of \(buffer.count) bytes, at most \(Self.longestText)")
      var session = EncodingSession(tokenizer: self, tokens: tokens)
      session.encode(buffer, special: special)
      tokens = session.tokens
    }
    if addSpecial { for id in settings.suffix { tokens.append(id, end: text.utf8.count) } }
    return tokens
  }
}

/// The work of encoding one text, with the scratch it reuses.
struct EncodingSession {
  let tokenizer: Tokenizer
  var tokens: TokenizedText
  private var merger = PairMerger()
  private var ends: [Int] = []
  private var cutEnds: [Int] = []

  init(tokenizer: Tokenizer, tokens: TokenizedText) {
    self.tokenizer = tokenizer
    self.tokens = tokens
  }

  mutating func encode(
    _ buffer: UnsafeBufferPointer<UInt8>, special: AddedTokens.SpecialScope
  ) {
    let segments = tokenizer.addedToText.segments(of: buffer, 0..<buffer.count, special: special)
    for segment in segments {
      if let id = segment.token {
        tokens.append(id, end: segment.range.upperBound)
      } else {
        encodeBetweenTokens(buffer, segment.range, special)
      }
    }
  }

  private mutating func encodeBetweenTokens(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
    _ special: AddedTokens.SpecialScope
  ) {
    rewrite(buffer, range, tokenizer.rewriting) { session, buffer, source, range in
      let scope = source.map { special.moved(into: $0.text, from: $0.base) } ?? special
      let added = session.tokenizer.addedToRewritten
      for segment in added.segments(of: buffer, range, special: scope) {
        if let id = segment.token {
          session.tokens.append(id, end: segment.range.upperBound)
          continue
        }
        session.rewrite(buffer, segment.range, session.tokenizer.wordRewriting) {
          session, buffer, _, range in
          session.encodeWords(buffer, range)
        }
      }
    }
  }

  /// Calls `body` with the rewritten range, then moves the ends of the tokens it appended back to
  /// offsets in `buffer`. Without steps the range is passed on as it is.
  private mutating func rewrite(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ steps: [RewritingStep],
    _ body: (
      inout EncodingSession, UnsafeBufferPointer<UInt8>, (text: RewrittenText, base: Int)?,
      Range<Int>
    ) -> Void
  ) {
    if steps.isEmpty { return body(&self, buffer, nil, range) }
    var text = RewrittenText(buffer, range)
    for step in steps { text.apply(step, isTextStart: range.lowerBound == 0) }
    let firstToken = tokens.ids.count
    text.bytes.withUnsafeBufferPointer {
      body(&self, $0, (text, range.lowerBound), 0..<$0.count)
    }
    for index in firstToken..<tokens.ends.count {
      let end = tokens.ends[index]
      let sourceEnd = end == 0 ? 0 : Int(text.sourceEnds[end - 1])
      tokens.ends[index] = range.lowerBound + sourceEnd
    }
  }

  private mutating func encodeWords(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) {
    ends.removeAll(keepingCapacity: true)
    ends.append(range.upperBound)
    for rule in tokenizer.splits {
      cutEnds.removeAll(keepingCapacity: true)
      var start = range.lowerBound
      for end in ends {
        rule.split(buffer, start..<end, into: &cutEnds)
        start = end
      }
      swap(&ends, &cutEnds)
    }
    var start = range.lowerBound
    for end in ends {
      tokenizer.model.encode(buffer, start..<end, into: &tokens, merger: &merger)
      start = end
    }
  }
}

extension AddedTokens.SpecialScope {
  /// The same places in a text that was rewritten from the part of it that starts at `base`.
  func moved(into text: RewrittenText, from base: Int) -> Self {
    guard case .within(let ranges) = self else { return self }
    return .within(
      ranges.map { range in
        let lower = text.firstByte(after: range.lowerBound - base)
        return lower..<max(lower, text.firstByte(after: range.upperBound - base))
      })
  }
}

extension RewrittenText {
  /// The first byte that stands for text beyond `offset` in the source.
  func firstByte(after offset: Int) -> Int {
    var low = 0
    var high = sourceEnds.count
    while low < high {
      let middle = (low + high) / 2
      if Int(sourceEnds[middle]) <= offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
