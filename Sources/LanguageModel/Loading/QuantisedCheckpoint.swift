/// Checkpoints whose stored numbers are not the weights, told by what is said of them.
///
/// Reading their integers as weights, or leaving them out, would give another model; each is refused
/// with the name of its method.
enum QuantisedCheckpoint {
  /// - Throws: `ModelError.unsupported`, naming the method, where the configuration has one.
  static func refuse(_ hub: HubConfiguration) throws {
    for key in ["quantization_config", "compression_config"] where hub.isSet(key) {
      throw refusal("config.json: \(key)", method(try hub.object(key)))
    }
  }

  /// - Throws: the same for weights that have the tensors of a method whose name nothing tells.
  static func refuse(tensors names: [String]) throws {
    let marks = [
      (".qweight", "gptq or awq"), (".SCB", "bitsandbytes, 8 bits"),
      (".weight.absmax", "bitsandbytes, 4 bits"), (".weight_packed", "compressed-tensors"),
      (".weight_scale_inv", "fp8"), (".weight_scale", "fp8 or compressed-tensors"),
      (".weight._data", "quanto"), ("_blocks", "mxfp4"), (".W_q", "hqq"), (".codebooks", "aqlm"),
    ]
    for (suffix, method) in marks {
      if let name = names.first(where: { $0.hasSuffix(suffix) }) {
        throw refusal(ModelError.printable(name), method)
      }
    }
  }

  private static func method(_ settings: HubConfiguration?) -> String {
    guard let settings else { return "an unnamed method" }
    var name = (try? settings.string("quant_method")) ?? (try? settings.string("quant_algo"))
    var bits = (try? settings.integer("bits")) ?? nil
    for (key, count) in [("load_in_8bit", 8), ("load_in_4bit", 4)] where settings.isSet(key) {
      name = name ?? "bitsandbytes"
      bits = bits ?? count
    }
    let method = ModelError.printable(name ?? "an unnamed method")
    return method + (bits.map { ", \($0) bits" } ?? "")
  }

  private static func refusal(_ place: String, _ method: String) -> ModelError {
    ModelError(
      .unsupported,
      "\(place): the weights are quantised (\(method)), which is not read; take the model's "
        + "unquantised checkpoint or a GGUF file, or save what transformers makes of it with "
        + "dequantize()")
  }
}
