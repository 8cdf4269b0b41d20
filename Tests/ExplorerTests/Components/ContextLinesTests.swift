import Terminal
import Testing

@testable import Explorer

@Suite struct ContextLinesTests {
  private func text(_ lines: [[TextSpan]]) -> [String] { lines.map { $0.map(\.text).joined() } }

  private func range(of part: String, in text: String) -> Range<Int>? {
    text.firstRange(of: part).map {
      text.utf8.distance(
        from: text.startIndex, to: $0.lowerBound)..<text.utf8.distance(
          from: text.startIndex, to: $0.upperBound)
    }
  }

  @Test func `a text that fits is shown whole, its token in brackets`() {
    let lines = ContextLines.lines(
      "pick the lock", token: 4..<8, marks: [9..<13], columns: 20, lineCount: 1)
    #expect(text(lines) == ["pick‹ the› lock"])
    #expect(lines[0].map(\.look) == [.plain, .mark, .token, .mark, .plain, .match])
  }

  @Test func `words are kept together, and a cut shows`() {
    let words = "one two three four five six seven"
    #expect(
      text(ContextLines.lines(words, token: nil, columns: 10, lineCount: 3))
        == ["one two ", "three four", "five six …"])
    #expect(
      text(ContextLines.lines(words, token: nil, columns: 10, lineCount: 1)) == ["one two t…"])
  }

  @Test func `a token far off is windowed, with what is before and behind it`() {
    let words = (0..<500).map { "w\($0)" }.joined(separator: " ")
    let token = range(of: " w250", in: words)
    for lineCount in 1...3 {
      let lines = ContextLines.lines(words, token: token, columns: 40, lineCount: lineCount)
      let shown = text(lines).joined()
      #expect(lines.count == lineCount)
      #expect(shown.hasPrefix("…") && shown.hasSuffix("…"))
      #expect(shown.contains("w249‹ w250› w251"))
    }
  }

  @Test func `the last token of a long text is shown to its end`() {
    let words = (0..<500).map { "w\($0)" }.joined(separator: " ")
    let lines = ContextLines.lines(
      words, token: range(of: " w499", in: words), columns: 30, lineCount: 1)
    #expect(text(lines)[0].hasPrefix("…"))
    #expect(text(lines)[0].hasSuffix("w498‹ w499›"))
  }

  @Test func `without a token the first match is shown`() {
    let words = (0..<500).map { "w\($0)" }.joined(separator: " ")
    let marks = [range(of: "w300", in: words), range(of: "w301", in: words)].compactMap { $0 }
    let lines = ContextLines.lines(words, token: nil, marks: marks, columns: 30, lineCount: 1)
    #expect(lines[0].filter { $0.look == .match }.map(\.text) == ["w300", "w301"])
  }

  @Test func `what all texts begin with is left out only where room is short`() {
    let prefix = "<|im_start|>user\n"
    let words = prefix + "tell me a story"
    #expect(
      text(ContextLines.lines(words, token: nil, prefix: prefix, columns: 40, lineCount: 1))
        == [words])
    #expect(
      text(ContextLines.lines(words, token: nil, prefix: prefix, columns: 18, lineCount: 1))
        == ["…tell me a story"])
    // A token inside it is still shown.
    #expect(
      text(ContextLines.lines(words, token: 12..<16, prefix: prefix, columns: 24, lineCount: 1))
        == ["<|im_start|>‹user›\ntell…"])
  }

  @Test func `a text may hold ranges that are not its own`() {
    for token in [100..<200, 3..<100, 0..<0, 12..<12] {
      let lines = ContextLines.lines(
        "short text", token: token, marks: [50..<60, 2..<99], columns: 20, lineCount: 2)
      let shown = text(lines).joined().filter { !"‹›".contains($0) }
      #expect(shown == "short text")
    }
    // In the middle of a character: bytes 1 and 2 of three.
    let lines = ContextLines.lines("日本", token: 1..<5, marks: [2..<4], columns: 9, lineCount: 1)
    #expect(!lines.isEmpty)
  }

  @Test(arguments: [
    "日本語の文章をここに書いてある長い行", "e\u{301}te\u{301} naïve cafe\u{301}",
    "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", "a\u{200B}b\u{202E}c\u{0}\u{1B}[2Jd\r\ne",
    String(repeating: "z\u{301}\u{302}\u{303}", count: 60), "", " ", "   spaces   ",
    String(repeating: "x", count: 300),
  ])
  func `no line is wider than it may be`(_ string: String) {
    let count = string.utf8.count
    for columns in 1...24 {
      for lineCount in 1...3 {
        for token in [nil, 0..<min(3, count), (count / 2)..<count] as [Range<Int>?] {
          let lines = ContextLines.lines(
            string, token: token, columns: columns, lineCount: lineCount)
          #expect(lines.count <= lineCount)
          for line in lines {
            #expect(line.reduce(0) { $0 + $1.columns } <= columns)
          }
        }
      }
    }
  }

  @Test func `a text of many megabytes is shown around its token`() {
    let huge = String(repeating: "long line ", count: 2_000_000)
    let lines = ContextLines.lines(
      huge, token: 10_000_000..<10_000_004, columns: 30, lineCount: 2)
    #expect(text(lines) == ["…line long line ‹long› line ", "long line long line long line…"])
  }
}

@Suite struct FigureTests {
  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-4680, "−4,680"),
  ])
  func `large counts are grouped`(_ value: Int, _ text: String) {
    #expect(Figures.grouped(value) == text)
  }

  @Test(arguments: [
    (0.0, 2, "0.00"), (0.005, 2, "0.01"), (0.996, 2, "1.00"), (-0.5, 1, "−0.5"), (12.34, 0, "12"),
    (.nan, 2, "—"), (.infinity, 2, "—"), (1e300, 2, "—"), (-0.001, 2, "0.00"),
  ])
  func `numbers have their decimals`(_ value: Double, _ decimals: Int, _ text: String) {
    #expect(Figures.fixed(value, decimals) == text)
  }

  @Test(arguments: [(0.0, "0.0%"), (0.0001, "<0.1%"), (0.135, "13.5%"), (1, "100.0%")])
  func `a little is not nothing`(_ share: Double, _ text: String) {
    #expect(Figures.percent(share) == text)
  }

  @Test(arguments: [(0.0, ""), (0.001, "▏"), (0.5, "██"), (1, "████"), (7, "████"), (.nan, "")])
  func `bars are of eighths`(_ share: Double, _ bar: String) {
    #expect(Figures.bar(share, width: 4) == bar)
  }

  @Test(arguments: [
    (0.0, 1), (0.2, 1), (0.21, 2), (0.5, 3), (1.0, 5), (1.0004, 5), (1.01, 6), (.nan, 6),
  ])
  func `heat has five steps, and one beyond the rim`(_ ratio: Double, _ step: Int) {
    #expect(Heat(ratio: ratio).step == step)
  }
}
