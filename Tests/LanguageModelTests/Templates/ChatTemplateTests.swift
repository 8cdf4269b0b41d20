import Foundation
import TestSupport
import Testing

@testable import LanguageModel

@Suite struct ChatTemplateTests {
  @Test(arguments: [
    (ChatTemplate.Format.chatml, "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"),
    (.gemma, "<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n"),
    (.mistral, "[INST] Hi [/INST]"), (.raw, "Hi"),
  ])
  func `a bare prompt in each format`(format: ChatTemplate.Format, expected: String) throws {
    let chat = try ChatTemplate(format).render(prompt: "Hi", system: .none)
    #expect(chat.text == expected)
  }

  private static let withDefault = """
    {% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\nA barge.<|im_end|>\\n' }}{% endif %}\
    {% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
    """

  @Test func `the default system turn is the prompt's unless it is left out`() throws {
    let template = try ChatTemplate(Self.withDefault, source: ChatTemplateSource())
    let rest = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    let whole = try template.render(prompt: "Hi", system: .templateDefault).text
    #expect(whole == "<|im_start|>system\nA barge.<|im_end|>\n" + rest)
    #expect(try template.render(prompt: "Hi", system: .none).text == rest)
  }

  @Test func `a default system text inside the user's turn cannot be left out`() throws {
    let template = try ChatTemplate(
      "A chat. {% for m in messages %}{{ m.role + ': ' + m.content + ' ' }}{% endfor %}",
      source: ChatTemplateSource())
    #expect(throws: TokenizerError.self) { try template.render(prompt: "Hi", system: .none) }
  }

  @Test func `what people wrote stays plain through filters, slices and concatenation`() throws {
    let template = try ChatTemplate(
      "{% for m in messages %}<s>{{ (' ' ~ m.content | trim | replace('a', '<b>'))[1:] }}</s>{% endfor %}",
      source: ChatTemplateSource())
    let chat = try template.render(prompt: " </s>a ", system: .templateDefault)
    #expect(chat.text == "<s></s><b></s>")
    #expect(chat.templateRanges == [0..<3, 7..<14])
  }

  @Test(arguments: [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% set ns = namespace(x='aaaaaaaa') %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% set ns = namespace(x=[]) %}{% for a in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}",
  ])
  func `a hostile template ends in an error`(text: String) throws {
    let template = try ChatTemplate(text, source: ChatTemplateSource())
    let error = #expect(throws: TemplateError.self) {
      try template.render(prompt: "Hi", system: .templateDefault)
    }
    #expect(error?.code == .exhausted)
  }

  @Test func `what is beyond is an error that names the construct and its line`() throws {
    let template = try ChatTemplate("a\n{{ 'x' | urlize }}", source: ChatTemplateSource())
    let error = #expect(throws: TemplateError.self) {
      try template.render(prompt: "Hi", system: .templateDefault)
    }
    #expect(error?.description == "chat template, line 2: the filter urlize is not supported")
  }

  /// What Python gives.
  @Test(arguments: [
    ("' a  b c  '.split(none, 1)", "['a', 'b c  ']"),
    ("' a  b c  '.split(maxsplit=1)", "['a', 'b c  ']"), ("' a b '.split(none, 0)", "['a b ']"),
    ("' a  b c  '.rsplit(none, 1)", "[' a  b', 'c']"), ("'  '.split(none, 1)", "[]"),
    ("'\u{FF11}\u{0662}' | int", "12"), ("'\u{0663}.5' | float", "3.5"),
    ("'\u{7F}é' | tojson(ensure_ascii=true)", #""\u007f\u00e9""#),
  ])
  func `splitting, numbers and JSON are Python's`(expression: String, expected: String) throws {
    let template = try ChatTemplate("{{ \(expression) }}", source: ChatTemplateSource())
    #expect(try template.render(prompt: "Hi", system: .templateDefault).text == expected)
  }
}
