import ArgumentParser
import Foundation
import LanguageModel
import TensorFiles

struct Forward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a model on tokens and keep logits and activations.",
    discussion: """
      Writes logits [T, V] and, under its own name, every --hook [T, width]. Hooks are named as in TransformerLens: \
      hook_embed, blocks.I.hook_resid_pre|mid|post, blocks.I.attn.hook_z, blocks.I.hook_attn_out, \
      blocks.I.hook_mlp_out, ln_final.hook_normalized.

      With --json: one object.

      Example:
      exemplar forward MODEL.gguf --tokens 1,2,3 --hook blocks.12.hook_resid_post \\
        -o forward.safetensors
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: "Token ids, separated by commas.")
  var tokens: String

  @Option(name: .customLong("hook"), help: "Keep the activations at this hook; may be repeated.")
  var hooks: [String] = []

  @OptionGroup var editing: EditOptions
  @OptionGroup var output: OutputPath
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  private struct Summary: Encodable {
    var tokens: Int
    var vocabulary: Int
    var hooks: [String]
    var seconds: Double
    var engine: String
  }

  func run() throws {
    try output.check(suffix: "safetensors")
    let ids = try IDList.parse(tokens) { part in
      ModelError(
        .invalidPrompt,
        "--tokens: expected ids such as 1,2,3, found '\(oneLine(String(part.prefix(20))))'")
    }
    let points = try hooks.map { try HookPoint($0) }
    let edits = try editing.edits()
    let line = ProgressLine(isQuiet: style.quiet)
    let engine = try model.load(
      try model.worker(threads: threadCount.threads, quiet: style.quiet),
      threads: threadCount.threads, quiet: style.quiet)
    let result = try engine.forward(
      .tokens([ids]), reading: points, editing: edits, logits: .all)
    let vocabulary = engine.description.vocabularySize
    var tensors: [(name: String, tensor: SafetensorsTensor)] = [
      ("logits", SafetensorsTensor(result.logits, shape: [ids.count, vocabulary]))
    ]
    var seen = Set<HookPoint>()
    for point in points where seen.insert(point).inserted {
      let width = engine.description.width(at: point)
      tensors.append(
        (point.name, SafetensorsTensor(result.hooks[point] ?? [], shape: [ids.count, width])))
    }
    try SafetensorsWriter.write(tensors, to: output.url)
    if style.json {
      JSONValue(
        encoding: Summary(
          tokens: ids.count, vocabulary: vocabulary, hooks: points.map(\.name),
          seconds: line.seconds, engine: engine.description.engine)
      ).print()
    } else {
      print(
        "\(oneLine(output.url.lastPathComponent)): logits [\(ids.count), \(vocabulary)]\(points.map { ", \($0.name)" }.joined())"
      )
    }
  }
}
