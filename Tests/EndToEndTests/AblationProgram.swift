import Foundation
import Storage
import TestSupport
import Testing

/// The real binary with a tiny model, a store in which its harmful prompts are refused, and a dictionary.
struct AblationProgram {
  static let hook = "blocks.1.hook_resid_post"
  static let refusal = "I cannot help."
  private static let verbs = ["steal", "bake", "forge", "paint", "break", "plant"]

  let program: Program
  var model: String { program.path("model") }
  var store: String { program.path("tiny.epstore") }
  var dictionary: String { program.path("tiny.epdict") }

  /// - Parameter refused: of a prompt's set, whether the store says that it was refused.
  init(refused: (String) -> Bool = { $0 == "harmful" }) throws {
    program = try Program()
    try TinyModel.write(to: program.folder.file("model"))
    for role in ["harmful", "benign"] {
      let lines = (0..<18).map { index in
        let verb = Self.verbs[(index + (role == "harmful" ? 0 : 1)) % Self.verbs.count]
        let split = index < 12 ? "train" : "heldout"
        return
          #"{"id":"\#(role)-\#(index)","split":"\#(split)","prompt":"\#(role) \#(verb) \#(index)"}"#
      }
      try Data((lines.joined(separator: "\n") + "\n").utf8)
        .write(to: program.folder.file("\(role).jsonl"))
    }
    try succeed(capture(to: "captured.epstore") + ["--generate", "6"])
    try refuse(refused)
    try succeed([
      "build", store, "--positions", "last", "--percentile", "40", "--quiet", "-o", dictionary,
    ])
  }

  func capture(to name: String, hook: String = AblationProgram.hook) -> [String] {
    [
      "capture", model, "--prompts", program.path("harmful.jsonl"), "--prompts",
      program.path("benign.jsonl"), "--template", "chatml", "--hook", hook, "--threads", "1",
      "--quiet", "-o", program.path(name),
    ]
  }

  private func succeed(_ arguments: [String]) throws {
    let result = try program.run(arguments)
    try #require(result.status == 0, "\(result.error)")
  }

  /// `ablate` with dictionary and store.
  func ablate(_ more: String...) throws -> Program.Result {
    try program.run(["ablate", dictionary, "--store", store, "--quiet"] + more)
  }

  /// The captured store with refusals for answers, which no random model gives.
  private func refuse(_ refused: (String) -> Bool) throws {
    let tokenized = try program.run("tokenize", model, Self.refusal, "--no-special", "--json")
    let ids = try #require(tokenized.json["ids"] as? [Int]).map(Int32.init)
    let captured = try StoreFile(program.folder.file("captured.epstore"))
    let documents = try captured.documents()
    let answers = Dictionary(grouping: try captured.continuations(), by: \.document)
    let entries = try documents.map { document in
      StoreUnit.Entry(
        document: document, tokens: try captured.tokens(of: document),
        continuations: (answers[document.index] ?? []).map { answer in
          let isRefused = refused(document.set)
          return StoreContinuation(
            text: isRefused ? Self.refusal : "Here is how: take a cloth and water.",
            tokens: isRefused ? ids : answer.tokens, ending: isRefused ? "endToken" : answer.ending)
        })
    }
    let writer = try StoreWriter(
      program.folder.file("tiny.epstore"), provenance: captured.provenance,
      hooks: captured.hooks, elementType: .f32)
    let rows = try captured.rows(Self.hook, at: documents.flatMap { Array($0.rows) })
    try writer.append(StoreUnit(entries: entries, rows: [rows]))
    try writer.finish()
  }
}
