import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

@testable import Experiments

/// What a store records of how its prompts were rendered, against the template that the model has now.
@Suite struct TemplateRecordTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func tokenizer(_ template: String, bos: String? = nil) throws -> Tokenizer {
    let name = folder.file(UUID().uuidString)
    try FileManager.default.createDirectory(at: name, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: Fixtures.url("tokenizer-json/bytes.tokenizer.json"),
      to: name.appending(path: "tokenizer.json"))
    var settings = ["tokenizer_class": "PreTrainedTokenizerFast", "chat_template": template]
    settings["bos_token"] = bos
    try JSONSerialization.data(withJSONObject: settings)
      .write(to: name.appending(path: "tokenizer_config.json"))
    return try ModelFiles.hub(name).tokenizer()
  }

  @Test func `another template than was recorded is refused, naming both`() throws {
    let now = try tokenizer("now: {{ messages[0].content }}")
    let before = try ChatTemplate("before: {{ messages[0].content }}", source: now.chat)
    var provenance = StoreProvenance()
    provenance.template = ChatTemplate.ownName
    provenance.templateHash = TemplateRecord.hash(of: before)
    let record = try #require(TemplateRecord(provenance))
    let own = try #require(TemplateRecord.hash(of: try ChatTemplate(of: now)))
    let recorded = try #require(provenance.templateHash)
    #expect {
      _ = try record.template(now)
    } throws: {
      "\($0)".contains(recorded.prefix(12)) && "\($0)".contains(own.prefix(12))
    }
    // The file that it came from may be given again.
    let (template, turn) = try record.template(now, given: before)
    #expect(try template.render(prompt: "a", system: turn).text == "before: a")
    provenance.templateHash = own
    let same = try #require(TemplateRecord(provenance))
    #expect(try same.template(now).0.render(prompt: "a", system: .templateDefault).text == "now: a")
  }

  @Test func `the same template with another special token is refused, naming both`() throws {
    let text = "{{ bos_token }}{{ messages[0].content }}"
    let before = try ChatTemplate(of: try tokenizer(text, bos: "<s>"))
    var provenance = StoreProvenance()
    provenance.template = ChatTemplate.ownName
    provenance.templateHash = TemplateRecord.hash(of: before)
    provenance.templateTokens = before.specialTokens
    #expect(before.specialTokens == #"bos_token="<s>""#)
    let record = try #require(TemplateRecord(provenance))
    #expect(throws: Never.self) { try record.template(try tokenizer(text, bos: "<s>")) }
    let now = try tokenizer(text, bos: "<bos>")
    for given in [nil, before] {
      #expect {
        _ = try record.template(now, given: given)
      } throws: {
        "\($0)".contains(#"bos_token="<s>""#) && "\($0)".contains(#"bos_token="<bos>""#)
      }
    }
    // A token that the template does not name changes nothing.
    let plain = try ChatTemplate(of: try tokenizer("{{ messages[0].content }}!", bos: "<s>"))
    #expect(plain.specialTokens == nil)
  }

  @Test func `a record without a hash is that of a format, and of nothing else`() throws {
    let model = try tokenizer("x")
    var provenance = StoreProvenance()
    provenance.template = "chatml"
    #expect(try TemplateRecord(provenance)?.template(model).0.format == .chatml)
    provenance.template = "own"
    #expect {
      _ = try TemplateRecord(provenance)?.template(model)
    } throws: { "\($0)".contains("own is not known") }
  }
}
