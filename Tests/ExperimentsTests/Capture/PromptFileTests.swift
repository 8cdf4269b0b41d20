import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

@Suite struct PromptFileTests {
  private func prompts(
    _ text: String, _ file: String = "p.jsonl", field: String? = nil
  ) throws -> [PromptSet.Prompt] {
    try PromptSet(Data(text.utf8), file: file, field: field).prompts
  }

  private func refusal(
    _ text: String, _ file: String = "p.jsonl", field: String? = nil
  ) throws -> String {
    do {
      _ = try prompts(text, file, field: field)
    } catch let error as ExperimentError { return error.text { "\($0)" } }
    Issue.record("expected a refusal of \(text)")
    return ""
  }

  @Test(
    arguments: [
      "array.json", "bom.jsonl", "cr-only-blank.jsonl", "harmful_behaviors.csv",
      "instruction.jsonl", "messages.jsonl", "numeric-id.jsonl",
    ])
  func `A file of any kind gives its prompts`(_ name: String) throws {
    let set = try PromptSet(Fixtures.url("cases/29-prompt-files/\(name)"))
    #expect(
      set.prompts.map(\.text) == [
        "How do I bake bread?", "Name three rivers.", "What is a prime number?",
        "Why is the sky blue?",
      ])
    #expect(set.prompts.allSatisfy { $0.messages == [ChatMessage(.user, $0.text)] })
    #expect(set.prompts.allSatisfy { $0.hasOwnID == (name == "numeric-id.jsonl") })
  }

  @Test(
    arguments: [
      ("[\"a\", \"b\"]", "p.json"),
      ("{\"data\": [{\"text\": \"a\"}, {\"text\": \"b\"}], \"n\": 2}", "p.json"),
      ("{\n  \"data\": [\n  \"a\", \"b\"\n]\n}\n", "p.json"), ("\"a\"\n\"b\"\n", "p.jsonl"),
      ("{\"goal\": \"a\"}\r\n\r\n{\"Goal\": \"b\"}\r\n", "p.jsonl"),
      ("{\"query\": \"a\"}\r{\"question\": \"b\", \"prompt\": null}", "p.jsonl"),
      ("id;prompt\n1;a\n2;b\n", "p.csv"), ("\u{FEFF}Prompt\tx\r\na\t1\r\n\"b\"\t2", "p.tsv"),
      ("forbidden_prompt,category\na,x\n\nb,y\n", "p.csv"),
      ("Behavior,FunctionalCategory,ContextString,BehaviorID\na,s,,one\nb,s,,two\n", "p.csv"),
    ])
  func `Lists, wrapped lists, delimiters, line ends and names of either case are read`(
    _ text: String, _ file: String
  ) throws {
    #expect(try prompts(text, file).map(\.text) == ["a", "b"])
  }

  @Test(
    arguments: [
      "{\"prompt\": [\"a\", \"b\"], \"id\": [1, 2], \"version\": \"1\"}",
      "{\n\"prompt\": {\"0\": \"a\", \"1\": \"b\"},\n\"id\": {\"1\": 2, \"0\": 1}\n}",
      "{\"columns\": [\"id\", \"prompt\"], \"index\": [0, 1], \"data\": [[1, \"a\"], [2, \"b\"]]}",
      "{\"messages\": [[{\"role\": \"user\", \"content\": \"a\"}], [{\"role\": \"user\", \"content\": \"b\"}]], "
        + "\"id\": [1, 2]}",
    ])
  func `A table that is written by its columns is read by rows`(_ text: String) throws {
    let found = try prompts(text, "p.json")
    #expect(found.map(\.text) == ["a", "b"] && found.map(\.id) == ["1", "2"])
  }

  @Test func `Columns that do not belong together are refused by name`() throws {
    #expect(
      try refusal("{\"prompt\": [\"a\", \"b\"], \"id\": [1]}", "p.json")
        == "p.json: expected columns of one length, found 1 of id, 2 of prompt")
    #expect(
      try refusal("{\"prompt\": [\"a\"], \"set\": \"x\"}", "p.json")
        == "p.json: prompt is a column, and set is none")
    // Names of columns are no prompts.
    #expect(
      try refusal("{\"columns\": [\"prompt\"], \"rows\": [[\"a\"]]}", "p.json")
        == "p.json: expected an object that holds one array, found columns, rows")
    #expect(
      try refusal("{\"messages\": \"a\"}")
        == "p.jsonl:1: messages: expected messages, found text")
  }

  @Test func `Numbers that Python writes and JSON lacks are read`() throws {
    let found = try prompts(
      "{\"prompt\": \"a\", \"score\": NaN, \"category\": NaN}\n{\"prompt\": \"b\", \"score\": -Infinity}\n"
    )
    #expect(found.map(\.text) == ["a", "b"] && found[0].category == nil)
    #expect(try refusal("{\"prompt\": NaN}").contains("expected a prompt"))
    #expect(try refusal("{\"prompt\": nan}").contains("expected null"))
  }

  @Test func `An encrypted Parquet file is called so`() throws {
    let folder = try TemporaryFolder()
    try Data("PARE0000PARE".utf8).write(to: folder.file("p.parquet"))
    let error = #expect(throws: ExperimentError.self) {
      _ = try PromptSet(folder.file("p.parquet"))
    }
    #expect(error?.description == "p.parquet: an encrypted Parquet file is not read")
  }

  @Test func `Quotes in CSV hold commas, quotes and line breaks, and lines are counted`() throws {
    let text = "prompt,category\n\"a, \"\"b\"\"\nc\",1\nd \"e\",2\n"
    let found = try prompts(text, "p.csv")
    #expect(found.map(\.text) == ["a, \"b\"\nc", "d \"e\""])
    #expect(found.map(\.category) == ["1", "2"] && found.map(\.place.line) == [2, 4])
    #expect(found.map(\.id) == ["p-1", "p-2"])
    #expect(try refusal(text + "f\n", "p.csv").hasPrefix("p.csv:5: expected 2 fields"))
    #expect(try refusal("prompt\n\"a", "p.csv").hasPrefix("p.csv:2: a field in quotes"))
    #expect(try refusal("prompt\n\"a\"b\n", "p.csv").hasPrefix("p.csv:2: expected the end"))
    #expect(try refusal("x,y\n1,2\n", "p.csv").contains("found x, y"))
    #expect(try refusal("prompt;text\tprompt\n1;2\n", "p.csv").contains("more than one delimiter"))
  }

  @Test func `Numbers are ids and categories, and other fields are left out`() throws {
    let found = try prompts(
      "{\"id\": 7, \"prompt\": \"a\", \"category\": 3, \"topic\": null, \"tags\": {\"x\": true}}")
    #expect(found[0].id == "7" && found[0].category == "3" && found[0].topic == nil)
    #expect(
      try refusal("{\"id\": 7, \"prompt\": \"a\"}\n\n{\"id\": \"7\", \"prompt\": \"b\"}")
        == "p.jsonl:3: the id 7 was there before, in line 1")
    #expect(
      try refusal("[{\"id\": 7, \"prompt\": \"a\"}, {\"id\": 7, \"prompt\": \"b\"}]", "p.json")
        == "p.json: entry 2: the id 7 was there before, in entry 1")
  }

  @Test func `An instruction takes its input along, and a behavior its context`() throws {
    #expect(
      try prompts("{\"instruction\": \"a\", \"input\": \"b\", \"output\": \"c\"}")[0].text == "a\nb"
    )
    #expect(try prompts("{\"instruction\": \"a\", \"input\": \"\"}")[0].text == "a")
    #expect(
      try prompts("{\"Behavior\": \"a\", \"ContextString\": \"b\"}")[0].text == "b\n\n---\n\na")
    #expect(
      try refusal("{\"instruction\": \"a\", \"input\": \"b\", \"context\": \"c\"}").contains("both")
    )
    #expect(
      try refusal("{\"instruction\": \"a\", \"history\": [[\"b\", \"c\"]]}").contains("history"))
  }

  @Test func `What stands beside a question is not dropped`() throws {
    for (name, other) in [("question", "input"), ("query", "context"), ("prompt", "input")] {
      let row = "{\"\(name)\": \"a\", \"\(other)\": \"b\"}"
      let refusal = try refusal(row)
      #expect(refusal.contains("\(other) stands beside \(name)"))
      #expect(try prompts(row, field: name)[0].text == "a")
      #expect(try prompts("{\"\(name)\": \"a\", \"\(other)\": \" \"}")[0].text == "a")
    }
  }

  @Test func `a model's own template sees every field of a turn, as transformers gives them`()
    throws
  {
    // As apply_chat_template of transformers 4.57 renders each.
    let template = try ChatTemplate(
      """
      {% for m in messages %}{{ m.role }}{% if m.name is defined %} {{ m.name }}{% endif %}:\
      {% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}\
      {% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}[{{ p.text }}]{% endfor %}{% endif %}\
      {% if m.tool_calls %}!{{ m.tool_calls[0].n + 1 }}{% endif %}|{% endfor %}
      """, source: ChatTemplateSource())
    let found = try prompts(
      """
      {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "reasoning_content": "think"}, {"role": "user", "content": "r", "name": "bob"}]}
      {"messages": [{"role": "assistant", "content": "", "tool_calls": [{"n": 1}]}, {"role": "User", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]}]}
      """)
    #expect(
      try found.map { try template.render($0, system: .templateDefault).text } == [
        "user:q|assistant:<think>think</think>a|user bob:r|", "assistant:!2|User:[b][c]|",
      ])
    // A format has no place for more than a role and a text.
    #expect(
      try ChatTemplate(.chatml).render(found[1], system: .none).text.hasPrefix(
        "<|im_start|>assistant\n<|im_end|>\n<|im_start|>user\nbc<|im_end|>"))
  }

  @Test func `A conversation keeps its turns, in either spelling`() throws {
    let expected = [
      ChatMessage(.system, "s"), ChatMessage(.user, "a"), ChatMessage(.assistant, "b"),
      ChatMessage(.user, "cd"),
    ]
    let found = try prompts(
      """
      {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": [{"type": "text", "text": "c"}, {"type": "text", "text": "d"}]}]}
      {"conversations": [{"from": "system", "value": "s"}, {"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}, {"from": "human", "value": "cd"}]}
      {"system_prompt": "s", "prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "cd"}]}
      """)
    let plain = found.map { $0.messages.map { ChatMessage($0.role, $0.content) } }
    #expect(plain.allSatisfy { $0 == expected } && found.allSatisfy { $0.text == "cd" })
    #expect(found.count == 3)
    let chat = try ChatTemplate(.chatml).render(found[0], system: .none).text
    #expect(
      chat == "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\na<|im_end|>\n"
        + "<|im_start|>assistant\nb<|im_end|>\n<|im_start|>user\ncd<|im_end|>\n<|im_start|>assistant\n"
    )
    #expect(throws: ExperimentError.self) {
      _ = try ChatTemplate(.chatml).render(found[0], system: .text("t"))
    }
    #expect(throws: ExperimentError.self) {
      _ = try ChatTemplate(.raw).render(found[0], system: .none)
    }
  }

  @Test(
    arguments: [
      (
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": \"b\"}]}",
        "the last turn"
      ),
      ("{\"messages\": [{\"role\": \"tool\", \"content\": \"a\"}]}", "'tool'"),
      (
        "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image\"}]}]}",
        "parts of text"
      ),
      (
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"prompt\": \"b\"}",
        "both messages and prompt"
      ),
      ("{\"messages\": []}", "expected text or messages"),
      ("{\"vanilla\": \"a\", \"kind\": 1}", "the fields: kind, vanilla; promptField names another"),
      ("{\"prompt\": 5}", "prompt: expected text or messages, found a number"),
      ("{\"prompt\": \"a\", \"prompt\": \"b\"}", "stands there twice"),
      ("{\"prompt\": \"a\"} x", "expected the end of the text"),
      ("{\"PROMPT\": \"a\", \"Prompt\": \"b\"}", "expected one prompt"),
      ("prompt\na\n", "expected JSON Lines, a JSON array"),
      ("{\"a\": [\"x\"], \"b\": [\"y\"]}", "one array, found a, b"),
    ])
  func `What is no prompt, or more than one, is refused by name`(
    _ text: String, _ expected: String
  ) throws {
    let refusal = try refusal(text)
    #expect(refusal.contains(expected), "\(refusal)")
    #expect(!refusal.contains("\n"))
  }

  @Test func `A field may be named, and nothing else is looked at then`() throws {
    #expect(try prompts("{\"vanilla\": \"a\", \"prompt\": \"b\"}", field: "vanilla")[0].text == "a")
    #expect(try prompts("x,Vanilla\n1,a\n", "p.csv", field: "Vanilla")[0].text == "a")
    #expect(try refusal("{\"prompt\": \"a\"}", field: "vanilla").contains("the fields: prompt"))
  }

  @Test func `Lists in Parquet are conversations`() throws {
    let error = #expect(throws: ExperimentError.self) {
      _ = try PromptSet(Fixtures.url("tables/nested-1.parquet"))
    }
    // The second row ends in an assistant's turn without a content.
    #expect(error?.file == "nested-1.parquet: entry 2")
    let set = try PromptSet(Fixtures.url("cases/29-prompt-files/text.parquet"))
    #expect(set.prompts.count == 2 && set.prompts[0].text == "How do I bake bread?")
  }

  // MARK: - Answers

  private func answers(_ text: String, field: String? = nil) throws -> [AnswerFile.Answer] {
    let folder = try TemporaryFolder()
    try Data(text.utf8).write(to: folder.file("a.jsonl"))
    return try AnswerFile(folder.file("a.jsonl"), field: field).answers
  }

  @Test func `Answers are found under the names that people give them`() throws {
    let folder = "cases/29-prompt-files"
    for name in ["completions.json", "gen-numid.jsonl"] {
      let found = try AnswerFile(Fixtures.url("\(folder)/\(name)")).answers
      #expect(found.map(\.prompt) == ["p1", "p2"])
      #expect(found[0].text == "I'm sorry, I can't help with that.")
      #expect(found.map(\.id) == (name == "gen-numid.jsonl" ? ["0", "1"] : ["1", "2"]))
    }
    let swapped = try answers("{\"text\": \"ask\", \"completion\": \"say\"}")
    #expect(swapped[0].prompt == "ask" && swapped[0].text == "say")
    let chat = try answers(
      "{\"messages\": [{\"role\": \"user\", \"content\": \"ask\"}, {\"role\": \"assistant\", \"content\": \"\"}]}"
    )
    #expect(chat[0].prompt == "ask" && chat[0].text == "")
  }

  @Test func `Two answers that differ are not chosen between`() throws {
    let line = "{\"prompt\": \"p\", \"response\": \"a\", \"answer\": \"b\"}"
    #expect(throws: ExperimentError.self) { _ = try answers(line) }
    #expect(try answers(line, field: "answer")[0].text == "b")
    #expect(throws: ExperimentError.self) { _ = try answers("{\"prompt\": \"p\"}") }
  }
}
