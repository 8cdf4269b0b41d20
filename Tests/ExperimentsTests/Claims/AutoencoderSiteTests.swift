import Foundation
import Numerics
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

@Suite("What an autoencoder is of, and what is done to rows before it")
struct AutoencoderSiteTests {
  private let kinds = Fixtures.url("cases/24-sae-topk-kinds")
  private let folder: TemporaryFolder

  init() throws {
    try MatrixProducts.verify()
    folder = try TemporaryFolder()
  }

  private func encoded(_ sae: URL, _ library: SafetensorsFile) throws -> [Float] {
    let rows = try library.floats("rows")
    return try SparseAutoencoder(sae).encode(rows, count: 32, threads: 2)
  }

  @Test(
    arguments: [
      "bf16", "jumprelu", "scaling-factor", "tanh-relu", "topk-layernorm", "topk-new",
      "topk-old-fn", "topk-old-str", "no-dims", "k-in-sae-subobject",
    ])
  func `Every kind gives the features that SAELens gives`(_ name: String) throws {
    let library = try SafetensorsFile(kinds.appending(path: "library.safetensors"))
    let found = try encoded(kinds.appending(path: name), library)
    let expected = try library.floats(name)
    #expect(largestDifference(found, expected) < 1e-5)
    #expect(zip(found, expected).allSatisfy { ($0 != 0) == ($1 != 0) })
  }

  /// The standard autoencoder with some settings changed.
  private func changed(
    _ settings: [String: Any], of source: String = "bf16"
  ) throws -> URL {
    let target = folder.file("sae-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: kinds.appending(path: source), to: target)
    let url = target.appending(path: "cfg.json")
    var object = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    object.merge(settings) { _, new in new }
    try JSONSerialization.data(withJSONObject: object).write(to: url)
    return target
  }

  @Test func `A constant norm is done as SAELens does it`() throws {
    let library = try SafetensorsFile(kinds.appending(path: "library.safetensors"))
    let sae = try changed(["normalize_activations": "constant_norm_rescale"], of: "no-dims")
    #expect(
      largestDifference(
        try encoded(sae, library), try library.floats("constant_norm_rescale")) < 1e-5)
  }

  @Test(arguments: ["sae", "sae-v6"])
  func `Centred writing weights take the mean off each row`(_ name: String) throws {
    let folder = Fixtures.url("cases/23-sae-center-writing")
    let library = try SafetensorsFile(folder.appending(path: "library.safetensors"))
    let sae = folder.appending(path: name)
    #expect(try SparseAutoencoder(sae).steps == [.centred])
    #expect(largestDifference(try encoded(sae, library), try library.floats(name)) < 1e-4)
  }

  @Test func `Centring is done where the model has LayerNorm, and refused where nobody knows`()
    throws
  {
    let centred = ["center_writing_weights": true]
    func steps(_ settings: [String: Any]) throws -> [SparseAutoencoder.InputStep] {
      try SparseAutoencoder(
        changed(settings.merging(["model_from_pretrained_kwargs": centred]) { a, _ in a })
      ).steps
    }
    #expect(try steps(["model_name": "EleutherAI/pythia-70m-deduped"]) == [.centred])
    #expect(try steps(["model_name": "gemma-2-2b"]) == [])
    #expect(
      try steps(["hook_name": "blocks.3.attn.hook_z", "reshape_activations": "hook_z"]) == [])
    #expect(throws: ExperimentError.self) { _ = try steps(["model_name": "somebody/new"]) }
    #expect(throws: ExperimentError.self) { _ = try steps(["hook_name": "blocks.3.mlp.hook_post"]) }
    #expect(
      try steps(["model_from_pretrained_kwargs": ["fold_ln": true, "center_unembed": true]]) == [])
  }

  @Test func `A repository that SAELens centres is centred whatever its file says`() throws {
    let repository = folder.file("models--jbloom--GPT2-Small-SAEs-Reformatted")
    let inner = repository.appending(path: "snapshots")
    try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: kinds.appending(path: "bf16"), to: inner.appending(path: "blocks.8"))
    #expect(try SparseAutoencoder(inner.appending(path: "blocks.8")).steps == [.centred])
  }

  @Test func `What is not understood is refused by its name`() throws {
    let settings: [([String: Any], String)] = [
      (["normalize_activations": "expected_average_only_in"], "expected_average_only_in"),
      (["normalize_activations": "covariance_whitening"], "covariance_whitening"),
      (["architecture": "batchtopk"], "batchtopk"), (["architecture": "abstopk"], "abstopk"),
      (["architecture": "skip_transcoder"], "skip_transcoder"),
      (["hook_name_out": "blocks.8.hook_mlp_out"], "transcoder"), (["d_out": 17], "transcoder"),
      (["activation_fn": "gelu"], "gelu"),
      (["activation_fn_str": "relu", "activation_fn": "topk"], "topk"),
      (["activation_fn_kwargs": ["postact_fn": "id"]], "postact_fn"),
      (["architecture": "jumprelu", "activation_fn": "tanh-relu"], "tanh-relu"),
      (["apply_b_dec_to_input": "yes"], "apply_b_dec_to_input"),
      (["rescale_acts_by_decoder_norm": true], "rescale_acts_by_decoder_norm"),
      (["hook_head_index": 3], "head 3"), (["reshape_activations": "hook_z"], "hook_z"),
      (["model_from_pretrained_kwargs": ["use_alibi": true]], "use_alibi"),
      (["input_scale": 3.5], "input_scale"), (["dtype": "int8"], "int8"),
      (["sae": ["architecture": "gated"]], "architecture"),
    ]
    for (settings, message) in settings {
      let url = try changed(settings)
      let error = #expect(throws: ExperimentError.self) { _ = try SparseAutoencoder(url) }
      #expect(error?.message.contains(message) == true, "\(settings): \(String(describing: error))")
    }
    let stray = try changed(["architecture": "standard"], of: "jumprelu")
    let error = #expect(throws: ExperimentError.self) { _ = try SparseAutoencoder(stray) }
    #expect(error?.message.contains("threshold") == true)
  }

  @Test func `Gemma Scope's site is read off the repository and the folders`() throws {
    func hook(_ path: String) throws -> String? {
      try SparseAutoencoder.gemmaScopeSite(URL(filePath: path))?.hook
    }
    #expect(
      try hook("/a/gemma-scope-9b-it-res/layer_20/w/l/params.npz") == "blocks.20.hook_resid_post")
    #expect(
      try hook("/c/models--google--gemma-scope-2b-pt-mlp/snapshots/1/layer_3/w/params.npz")
        == "blocks.3.hook_mlp_out")
    #expect(
      try hook("/a/gemma-scope-2b-pt-att-canonical/layer_0/params.npz") == "blocks.0.attn.hook_z")
    #expect(try hook("/a/gemma-scope-2b-pt-res/embedding/width_4k/params.npz") == "hook_embed")
    #expect(try hook("/a/layer_3/width_20/canonical/params.npz") == nil)
    #expect(try hook("/a/gemma-scope/layer_3/width_20/params.npz") == nil)
    #expect(throws: ExperimentError.self) {
      _ = try hook("/a/gemma-scope-2b-pt-transcoders/layer_3/params.npz")
    }
  }

  @Test func `Without a site it has to be given, and one that differs is an error naming both`()
    throws
  {
    let scope = Fixtures.url("claims/sae/layer_3/width_20/canonical")
    let missing = #expect(throws: ExperimentError.self) { _ = try SparseAutoencoder(scope) }
    #expect(missing?.remedy == "give it by \(.saeHook)")
    let mlp = Fixtures.url(
      "cases/25-gemmascope-site/gemma-scope-2b-pt-mlp/layer_12/width_16k/average_l0_41")
    let error = #expect(throws: ExperimentError.self) {
      _ = try SparseAutoencoder(mlp, hook: "blocks.12.hook_resid_post")
    }
    #expect(error?.message.contains("blocks.12.hook_mlp_out") == true)
    #expect(error?.message.contains("blocks.12.hook_resid_post") == true)
  }

  @Test func `What enters a block is what leaves the one below it`() {
    let canonical = SparseAutoencoder.Site.canonical
    #expect(canonical("blocks.8.hook_resid_pre") == canonical("blocks.7.hook_resid_post"))
    #expect(canonical("blocks.8.hook_resid_pre") != canonical("blocks.8.hook_resid_post"))
    #expect(canonical("blocks.0.hook_resid_pre") == "blocks.0.hook_resid_pre")
    #expect(canonical("blocks.08.hook_resid_pre") == "blocks.08.hook_resid_pre")
  }
}
