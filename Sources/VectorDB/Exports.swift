// What this module speaks in, so that whoever embeds the engine imports one module.
@_exported public import FastJSON
@_exported public import Logging
@_exported public import PointModel
