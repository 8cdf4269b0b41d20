/// Reasoning that a model writes before or between its answer, in the formats of many families.
enum ReasoningBlocks {
  /// What is left of a text; `nil` where reasoning does not end.
  struct Answer {
    var text: LoweredText?
    var hadReasoning: Bool
  }

  static func answer(of text: LoweredText) -> Answer {
    if let found = channels(text) { return found }
    return blocks(text) ?? prefaced(text) ?? Answer(text: text, hadReasoning: false)
  }

  // MARK: - Opening and closing marks

  /// Marks in lower case, as the text is.
  private static let marks: [(open: [Unicode.Scalar], close: [Unicode.Scalar])] = {
    let names = [
      "think", "thinking", "thought", "thoughts", "reasoning", "reflection", "scratchpad",
      "analysis", "seed:think", "antthinking", "inner_monologue", "cot", "internal", "rationale",
    ]
    let tags = names.map { ("<\($0)>", "</\($0)>") }
    let bars = names.map { ("<|\($0)|>", "<|/\($0)|>") }
    return
      (tags + bars + [
        ("[think]", "[/think]"), ("[thinking]", "[/thinking]"), ("[reasoning]", "[/reasoning]"),
        ("<|begin_of_thought|>", "<|end_of_thought|>"),
        ("<|start_thinking|>", "<|end_thinking|>"), ("<|begin_think|>", "<|end_think|>"),
        ("<|inner_prefix|>", "<|inner_suffix|>"), ("<unused94>", "<unused95>"),
        ("<|channel>thought", "<channel|>"), ("◁think▷", "◁/think▷"),
        ("<|thinking_start|>", "<|thinking_end|>"), ("```thinking", "```"),
      ]).map { (Array($0.0.unicodeScalars), Array($0.1.unicodeScalars)) }
  }()

  private struct Mark {
    var kind: Int
    var isOpen: Bool
    var range: Range<Int>
    /// Nothing but white space stands before it on its line.
    var beginsLine: Bool
  }

  private static func blocks(_ text: LoweredText) -> Answer? {
    let found = marks(in: text.scalars)
    guard !found.isEmpty else { return nil }
    let isBlank = { (range: Range<Int>) in
      text.scalars[range].allSatisfy(\.properties.isWhitespace)
    }
    var kept: [Range<Int>] = []
    var start = 0
    var index = 0
    // A template may have opened the block in the prompt already: the closing mark alone ends it.
    if let close = found.first, !close.isOpen,
      let last = found.lastIndex(where: { !$0.isOpen && $0.kind == close.kind }),
      !found[..<last].contains(where: \.isOpen)
    {
      start = found[last].range.upperBound
      index = last + 1
    }
    while index < found.count {
      let mark = found[index]
      guard mark.isOpen, mark.beginsLine || isBlank(start..<mark.range.lowerBound) else {
        index += 1
        continue
      }
      // To the last closing mark before another block is opened: reasoning may speak of its own marks.
      let next =
        found[(index + 1)...].firstIndex { other in
          other.isOpen && other.kind == mark.kind && other.beginsLine
            && found[(index + 1)...].contains {
              !$0.isOpen && $0.kind == mark.kind && $0.range.upperBound <= other.range.lowerBound
            }
        } ?? found.count
      guard
        let close = found[(index + 1)..<next].lastIndex(where: {
          !$0.isOpen && $0.kind == mark.kind
        })
      else { return Answer(text: nil, hadReasoning: true) }
      kept.append(start..<mark.range.lowerBound)
      start = found[close].range.upperBound
      index = close + 1
    }
    guard start > 0 else { return nil }
    kept.append(start..<text.scalars.count)
    return Answer(text: text.keeping(kept), hadReasoning: true)
  }

  private static func marks(in scalars: [Unicode.Scalar]) -> [Mark] {
    var found: [Mark] = []
    var index = 0
    var beginsLine = true
    // No answer has so many; a text made of marks alone must not take long.
    while index < scalars.count, found.count < 512 {
      let scalar = scalars[index]
      guard scalar == "<" || scalar == "[" || scalar == "◁" || scalar == "`" else {
        beginsLine = scalar == "\n" || (beginsLine && scalar.properties.isWhitespace)
        index += 1
        continue
      }
      var length = 1
      for (kind, mark) in marks.enumerated() {
        for (spelling, isOpen) in [(mark.open, true), (mark.close, false)]
        where scalars[index...].starts(with: spelling) {
          // A fence closes a fence of reasoning alone; other code has fences too.
          if spelling.count == 3, !found.contains(where: { $0.kind == kind }) { continue }
          found.append(
            Mark(
              kind: kind, isOpen: isOpen, range: index..<(index + spelling.count),
              beginsLine: beginsLine))
          length = spelling.count
        }
      }
      beginsLine = false
      index += length
    }
    return found
  }

  // MARK: - Channels

  /// `<|channel|>analysis<|message|>…<|channel|>final<|message|>…`, and the same with its special tokens left out.
  private static func channels(_ text: LoweredText) -> Answer? {
    let scalars = text.scalars
    let channel = Array("<|channel|>".unicodeScalars)
    if index(of: channel, in: scalars, from: 0) != nil {
      let final = Array("<|channel|>final".unicodeScalars)
      guard let begin = lastIndex(of: final, in: scalars),
        let message = index(of: Array("<|message|>".unicodeScalars), in: scalars, from: begin)
      else { return Answer(text: nil, hadReasoning: true) }
      let start = message + 11
      let ends = ["<|end|>", "<|return|>", "<|start|>"].compactMap {
        index(of: Array($0.unicodeScalars), in: scalars, from: start)
      }
      return Answer(
        text: text.keeping([start..<(ends.min() ?? scalars.count)]), hadReasoning: true)
    }
    let begin = scalars.firstIndex { !$0.properties.isWhitespace } ?? 0
    let analysis = Array("analysis".unicodeScalars)
    guard scalars[begin...].starts(with: analysis) else { return nil }
    let final = Array("assistantfinal".unicodeScalars)
    if let start = lastIndex(of: final, in: scalars) {
      return Answer(
        text: text.keeping([(start + final.count)..<scalars.count]), hadReasoning: true)
    }
    // Glued to the next word, as only a lost special token leaves it.
    let next = begin + analysis.count
    guard next < scalars.count, scalars[next].properties.isAlphabetic else { return nil }
    return Answer(text: nil, hadReasoning: true)
  }

  // MARK: - Words in front

  private static let prefaces = [
    ("here is my thought process", ["here is my response"]),
    ("here's my thought process", ["here's my response", "here is my response"]),
    ("here is my reasoning", ["here is my response", "here is my answer"]),
    ("thought process:", ["response:", "answer:"]),
    ("thinking process:", ["response:", "answer:"]),
    ("# thinking", ["# final response", "# answer", "# response"]),
    ("## thinking", ["## final response", "## answer", "## response"]),
    ("**thinking", ["**final answer", "**answer", "**response", "**final response"]),
    ("**reasoning", ["**final answer", "**answer", "**response", "**final response"]),
    ("reasoning:", ["final answer:", "answer:", "response:"]),
    ("thinking:", ["final answer:", "answer:", "response:"]),
    ("thought:", ["final answer:", "answer:", "response:"]),
    ("thinking...", ["...done thinking."]),
  ].map { (Array($0.0.unicodeScalars), $0.1.map { Array($0.unicodeScalars) }) }

  private static func prefaced(_ text: LoweredText) -> Answer? {
    let scalars = text.scalars
    let begin = scalars.firstIndex { !$0.properties.isWhitespace } ?? 0
    for (preface, responses) in prefaces where scalars[begin...].starts(with: preface) {
      for response in responses {
        if let start = lastIndex(of: response, in: scalars) {
          return Answer(
            text: text.keeping([(start + response.count)..<scalars.count]), hadReasoning: true)
        }
      }
      return Answer(text: nil, hadReasoning: true)
    }
    return nil
  }

  private static func index(
    of part: [Unicode.Scalar], in scalars: [Unicode.Scalar], from start: Int
  ) -> Int? {
    guard scalars.count - start >= part.count else { return nil }
    return (start...(scalars.count - part.count)).first {
      scalars[$0] == part[0] && scalars[$0...].starts(with: part)
    }
  }

  private static func lastIndex(
    of part: [Unicode.Scalar], in scalars: [Unicode.Scalar]
  ) -> Int? {
    guard scalars.count >= part.count else { return nil }
    return (0...(scalars.count - part.count)).last {
      scalars[$0] == part[0] && scalars[$0...].starts(with: part)
    }
  }
}
