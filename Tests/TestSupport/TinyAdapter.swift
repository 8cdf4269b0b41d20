import Foundation

/// A tiny LoRA of rank 2 for `TinyModel`, as the PEFT library lays one out.
package enum TinyAdapter {
  /// Makes the folder at `url`.
  ///
  /// - Parameter seed: another one gives other weights.
  package static func write(to url: URL, seed: Int = 1) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try Data(#"{"peft_type":"LORA","r":2,"lora_alpha":64,"bias":"none"}"#.utf8)
      .write(to: url.appending(path: "adapter_config.json"))
    let module = "base_model.model.model.layers.0.self_attn.q_proj"
    var header =
      #"{"\#(module).lora_A.weight":{"dtype":"F32","shape":[2,64],"data_offsets":[0,512]},"#
      + #""\#(module).lora_B.weight":{"dtype":"F32","shape":[64,2],"data_offsets":[512,1024]}}"#
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    var data = Data()
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(Data(header.utf8))
    for index in 0..<256 {
      let value = Float((index * 37 + seed * 11) % 19 - 9) / 10
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    try data.write(to: url.appending(path: "adapter_model.safetensors"))
  }
}
