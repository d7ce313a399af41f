/*
 * weights_protobuf.c - ONNX, Core ML and TensorFlow SavedModel: protobuf messages without a magic
 *
 * Knows: ModelProto.graph.initializer of ONNX (onnx/onnx.proto), the numbers of the top fields of
 * the other two.  Does not know: the schema of anything else; nodes are passed over.
 * The three are told apart by which fields stand at the top and of which kind they are.
 */
#include "detect/weights_read.h"

#include "base/own.h"

/* Fields that may be repeated are not searched each time. */
#define LOOKS_MAX 4

enum wire {
	WIRE_VARINT = 0,
	WIRE_64 = 1,
	WIRE_BYTES = 2,
	WIRE_32 = 5,
};

enum level {
	LEVEL_MODEL,
	LEVEL_GRAPH,
	LEVEL_TENSOR,
};

enum field {
	MODEL_VERSION = 1,
	MODEL_GRAPH = 7,
	MODEL_OPSET = 8,
	GRAPH_INITIALIZER = 5,
	TENSOR_DIMS = 1,
	TENSOR_TYPE = 2,
	COREML_FIRST_TYPE = 200,
	COREML_LAST_TYPE = 3000,
};

static int
take_varint(struct bytes *in, uint64_t *out)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 10 && i < in->left; i++) {
		value |= (uint64_t)(in->at[i] & 0x7f) << (7 * i);
		if ((in->at[i] & 0x80) == 0) {
			*out = value;
			return bytes_skip(in, i + 1);
		}
	}
	return -1;
}

static const char *
type_name(uint64_t type)
{
	static const char *const names[] = {"?",   "F32", "U8",     "I8",   "U16",  "I16",
					    "I32", "I64", "string", "bool", "F16",  "F64",
					    "U32", "U64", "C64",    "C128", "BF16", "F8",
					    "F8",  "F8",  "F8",     "U4",   "I4"};

	return type < ARRAY_LEN(names) ? names[type] : "?";
}

static void
end_tensor(struct weights_protobuf *p)
{
	p->info->tensors++;
	p->info->parameters = weights_plus(p->info->parameters, p->shape);
	if (p->info->dtype[0] == '\0' && p->data_type != 0)
		weights_name(p->info->dtype, sizeof(p->info->dtype),
			     bytes_text(type_name(p->data_type)));
}

/* Messages that end here are left. */
static void
leave(struct weights_protobuf *p)
{
	while (p->depth > 0 && p->at >= p->end[p->depth]) {
		if (p->depth == LEVEL_TENSOR)
			end_tensor(p);
		p->depth--;
	}
}

static void
packed_dims(struct weights_protobuf *p, struct bytes in, uint64_t length)
{
	uint64_t value;

	in = bytes_slice(in, 0, length > 64 ? 64 : (size_t)length);
	while (in.left > 0 && take_varint(&in, &value) == 0)
		p->shape = weights_times(p->shape, value);
}

/* The second field of the top tells the three apart: ONNX has the name of a producer there, the
 * others a message. */
static void
look_at_top(struct weights_protobuf *p, uint64_t number, unsigned wire, struct bytes body)
{
	if (number < 63)
		p->fields |= (uint64_t)1 << number;
	if (wire != WIRE_BYTES)
		return;
	if (number >= COREML_FIRST_TYPE && number <= COREML_LAST_TYPE && (p->fields & 4) != 0)
		p->is_coreml = true;
	if (number != 2 || p->looks++ >= LOOKS_MAX)
		return;
	body = bytes_slice(body, 0, WEIGHTS_HEADER_MAX);
	p->is_saved_model |= bytes_find(body, BYTES_OF("SaveV2")) >= 0 ||
			     bytes_find(body, BYTES_OF("VarHandleOp")) >= 0;
}

static void
enter(struct weights_protobuf *p, uint64_t length)
{
	p->depth++;
	p->end[p->depth] = weights_plus(p->at, length);
	if (p->end[p->depth] > p->end[p->depth - 1])
		p->end[p->depth] = p->end[p->depth - 1];
	p->shape = 1;
	p->data_type = 0;
}

static int
take_field(struct weights_protobuf *p, struct bytes in)
{
	size_t before = in.left;
	uint64_t tag, value, number;
	unsigned wire;

	if (take_varint(&in, &tag) < 0)
		return -1;
	number = tag >> 3;
	wire = tag & 7;
	if (number == 0 || number > 100000)
		return -1;
	if ((wire == WIRE_VARINT || wire == WIRE_BYTES) && take_varint(&in, &value) < 0)
		return -1;
	if (wire == WIRE_64 || wire == WIRE_32) {
		if (bytes_skip(&in, wire == WIRE_64 ? 8 : 4) < 0)
			return -1;
		value = 0;
	} else if (wire != WIRE_VARINT && wire != WIRE_BYTES) {
		return -1;
	}
	p->at = weights_plus(p->at, before - in.left);
	if (p->depth == LEVEL_MODEL)
		look_at_top(p, number, wire, in);
	if (p->depth == LEVEL_TENSOR && number == TENSOR_TYPE && wire == WIRE_VARINT)
		p->data_type = value;
	if (p->depth == LEVEL_TENSOR && number == TENSOR_DIMS) {
		if (wire == WIRE_VARINT)
			p->shape = weights_times(p->shape, value);
		else if (wire == WIRE_BYTES)
			packed_dims(p, in, value);
	}
	if (wire != WIRE_BYTES)
		return 0;
	if ((p->depth == LEVEL_MODEL && number == MODEL_GRAPH) ||
	    (p->depth == LEVEL_GRAPH && number == GRAPH_INITIALIZER))
		enter(p, value);
	else
		p->at = weights_plus(p->at, value);
	return 0;
}

static void
settle(struct weights_protobuf *p)
{
	const uint64_t version = (uint64_t)1 << MODEL_VERSION, graph = (uint64_t)1 << MODEL_GRAPH;

	if (p->is_saved_model)
		p->info->rule = weights_rule_saved_model;
	else if (p->is_coreml)
		p->info->rule = weights_rule_coreml;
	else if ((p->fields & version) != 0 && (p->fields & graph) != 0 &&
		 (p->info->tensors > 0 || (p->fields & (uint64_t)1 << MODEL_OPSET) != 0))
		p->info->rule = weights_rule_onnx;
}

int
weights_protobuf_feed(struct weights_protobuf *p, const struct detect_window *window)
{
	struct bytes in;

	p->end[0] = UINT64_MAX;
	while (!p->done && weights_at(window, p->at, WEIGHTS_HEADER_MAX, &in)) {
		leave(p);
		if (in.left == 0 || take_field(p, in) < 0) {
			leave(p);
			p->done = true;
		}
	}
	settle(p);
	return 0;
}
