extension Tokenizer {
  /// The longest text that can be encoded at once, in bytes: offsets in what it is rewritten to
  /// take 32 bits, and it may grow twelvefold.
  package static let longestText = (1 << 27) - 1

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
  private var words: [Range<Int>] = []
  private var cutWords: [Range<Int>] = []

  init(tokenizer: Tokenizer, tokens: TokenizedText) {
    self.tokenizer = tokenizer
    self.tokens = tokens
  }

  /// A stretch of text on its way to the model.
  private struct Stretch {
    var range: Range<Int>
    /// Bytes before this one stand for the very first character of the text.
    var head: Int
    /// The text that the buffer was rewritten to, and where in its source that began.
    var source: (text: RewrittenText, base: Int)?
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
    rewrite(buffer, Stretch(range: range, head: 1), tokenizer.rewriting[...]) {
      session, buffer, stretch in
      let scope =
        stretch.source.map { special.moved(into: $0.text, from: $0.base) } ?? special
      let added = session.tokenizer.addedToRewritten
      for segment in added.segments(of: buffer, stretch.range, special: scope) {
        if let id = segment.token {
          session.tokens.append(id, end: segment.range.upperBound)
        } else {
          let part = Stretch(range: segment.range, head: stretch.head)
          session.encodeWords(buffer, part, session.tokenizer.wordSteps[...])
        }
      }
    }
  }

  /// Calls `body` with the rewritten range, then moves the ends of the tokens it appended back to
  /// offsets in `buffer`. Without steps the range is passed on as it is.
  private mutating func rewrite(
    _ buffer: UnsafeBufferPointer<UInt8>, _ stretch: Stretch, _ steps: ArraySlice<RewritingStep>,
    _ body: (inout EncodingSession, UnsafeBufferPointer<UInt8>, Stretch) -> Void
  ) {
    if steps.isEmpty { return body(&self, buffer, stretch) }
    let range = stretch.range
    var text = RewrittenText(buffer, range)
    text.head = max(0, min(stretch.head - range.lowerBound, range.count))
    for step in steps { text.apply(step) }
    let firstToken = tokens.ids.count
    text.bytes.withUnsafeBufferPointer {
      body(
        &self, $0,
        Stretch(range: 0..<$0.count, head: text.head, source: (text, range.lowerBound)))
    }
    for index in firstToken..<tokens.ends.count {
      let end = tokens.ends[index]
      let sourceEnd = end == 0 ? 0 : Int(text.sourceEnds[end - 1])
      tokens.ends[index] = range.lowerBound + sourceEnd
    }
  }

  private mutating func encodeWords(
    _ buffer: UnsafeBufferPointer<UInt8>, _ stretch: Stretch, _ steps: ArraySlice<WordStep>
  ) {
    words.removeAll(keepingCapacity: true)
    words.append(stretch.range)
    var next = steps.startIndex
    while next < steps.endIndex, case .split(let rule) = steps[next] {
      cutWords.removeAll(keepingCapacity: true)
      for word in words { rule.split(buffer, word, into: &cutWords) }
      swap(&words, &cutWords)
      next += 1
    }
    guard next < steps.endIndex else {
      for word in words where !word.isEmpty {
        tokenizer.model.encode(buffer, word, into: &tokens, merger: &merger)
      }
      return
    }
    var rewriting: [RewritingStep] = []
    while next < steps.endIndex, case .rewrite(let step) = steps[next] {
      rewriting.append(step)
      next += 1
    }
    let words = words
    for word in words {
      rewrite(buffer, Stretch(range: word, head: stretch.head), rewriting[...]) {
        $0.encodeWords($1, $2, steps[next...])
      }
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
