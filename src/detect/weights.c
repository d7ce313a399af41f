/*
 * weights.c - detector: model weights and the recipes they were made with
 *
 * Knows: which reader a blob's front asks for, what each answer is worth, how to tell it once for
 * all shards of a model.
 * Does not know: formats (weights_*.c); whose weights they are, which detector register answers.
 */
#include "base/own.h"
#include "base/text.h"
#include "detect/table.h"
#include "detect/tally.h"
#include "detect/weights_read.h"

/* JSON and text are judged by their front: writers put what tells them first. */
#define JSON_FRONT_BYTES ((size_t)64 * 1024)
#define TEXT_WHOLE_BYTES ((size_t)256 * 1024)
/* Below it all tensors of an input together are a test's. */
#define TINY_BYTES ((uint64_t)64 * 1024)
#define TAIL_BYTES ((size_t)64 * 1024)

enum way {
	WAY_NONE,
	WAY_SAFETENSORS,
	WAY_GGUF,
	WAY_PROTOBUF,
	WAY_PICKLE,
	WAY_FRONT, /* small formats, JSON, text */
	WAY_PARQUET,
};

struct state {
	struct weights_info info;
	enum way way;
	union {
		struct weights_safetensors *safetensors;
		struct weights_gguf *gguf;
		struct weights_protobuf *protobuf;
		struct weights_pickle *pickle;
	} as;
};

static bool
begins_json(struct bytes head)
{
	for (size_t i = 0; i < head.left && i < 64; i++)
		if (head.at[i] != ' ' && head.at[i] != '\n' && head.at[i] != '\r' &&
		    head.at[i] != '\t')
			return head.at[i] == '{' || head.at[i] == '[';
	return false;
}

static enum way
way_of(const struct blob *blob)
{
	struct bytes head = blob->head;

	if (blob->kind == BLOB_TEXT)
		return begins_json(head) || blob->size_bytes <= (int64_t)TEXT_WHOLE_BYTES
			   ? WAY_FRONT
			   : WAY_NONE;
	if (head.left < 8)
		return WAY_NONE;
	if (bytes_begins(head, BYTES_OF("GGUF")))
		return WAY_GGUF;
	if (head.left > 8 && head.at[8] == '{' && head.at[4] == 0 && head.at[5] == 0)
		return WAY_SAFETENSORS;
	if (head.at[0] == 0x80 && head.at[1] >= 2 && head.at[1] <= 5)
		return WAY_PICKLE;
	if (bytes_begins(head, BYTES_OF("PAR1")))
		return WAY_PARQUET;
	if (memcmp(head.at + 4, "TFL3", 4) == 0 || bytes_begins(head, BYTES_OF("\x93NUMPY")) ||
	    bytes_begins(head, BYTES_OF("\x89HDF")) || memcmp(head.at + 2, "gg", 2) == 0 ||
	    (head.at[0] == 0x0a && head.at[2] == 0x0a))
		return WAY_FRONT;
	/* ONNX, Core ML, SavedModel: field 1 is a small version. */
	if (head.at[0] == 0x08 && head.at[1] >= 1 && head.at[1] <= 20)
		return WAY_PROTOBUF;
	return WAY_NONE;
}

static enum detect_need
wants(const struct detect *detect, const struct blob *blob)
{
	(void)detect;
	return way_of(blob) == WAY_NONE ? DETECT_NOTHING : DETECT_WINDOWS;
}

static int
begin(struct detect_run *run, void *memory, struct fault *fault)
{
	struct state *state = memory;
	struct arena *arena = run->arena;

	state->way = way_of(run->blob);
	switch (state->way) {
	case WAY_SAFETENSORS:
		state->as.safetensors = ARENA_NEW(arena, struct weights_safetensors);
		if (state->as.safetensors == NULL)
			return fault_memory(fault);
		state->as.safetensors->info = &state->info;
		break;
	case WAY_GGUF:
		state->as.gguf = ARENA_NEW(arena, struct weights_gguf);
		if (state->as.gguf == NULL)
			return fault_memory(fault);
		state->as.gguf->info = &state->info;
		break;
	case WAY_PROTOBUF:
		state->as.protobuf = ARENA_NEW(arena, struct weights_protobuf);
		if (state->as.protobuf == NULL)
			return fault_memory(fault);
		state->as.protobuf->info = &state->info;
		break;
	case WAY_PICKLE:
		state->as.pickle = ARENA_NEW(arena, struct weights_pickle);
		if (state->as.pickle == NULL)
			return fault_memory(fault);
		state->as.pickle->info = &state->info;
		state->as.pickle->arena = arena;
		break;
	default:
		break;
	}
	return 0;
}

static void
read_front(const struct detect_run *run, struct state *state, const struct detect_window *window)
{
	struct bytes front = bytes_make(window->at, window->length);
	bool json = run->blob->kind == BLOB_TEXT && begins_json(front);
	size_t most = json ? JSON_FRONT_BYTES : TEXT_WHOLE_BYTES;

	if (run->blob->kind != BLOB_TEXT) {
		(void)(weights_tflite(front, &state->info) || weights_npy(front, &state->info) ||
		       weights_hdf5(front, &state->info) || weights_ggml(front, &state->info) ||
		       weights_sentencepiece(front, &state->info));
		return;
	}
	if (json)
		(void)weights_json(bytes_slice(front, 0, most), window->last && front.left <= most,
				   &state->info);
	else if (front.left <= most && window->last)
		(void)weights_text(front, true, &state->info);
}

static int
window(struct detect_run *run, void *memory, const struct detect_window *window,
       struct fault *fault)
{
	struct state *state = memory;
	int r = 0;

	switch (state->way) {
	case WAY_SAFETENSORS:
		r = weights_safetensors_feed(state->as.safetensors, window);
		break;
	case WAY_GGUF:
		r = weights_gguf_feed(state->as.gguf, window);
		break;
	case WAY_PROTOBUF:
		r = weights_protobuf_feed(state->as.protobuf, window);
		break;
	case WAY_PICKLE:
		r = weights_pickle_feed(state->as.pickle, window);
		break;
	case WAY_PARQUET:
		if (window->last)
			(void)weights_parquet_tail(
			    bytes_slice(bytes_make(window->at, window->length),
					window->length > TAIL_BYTES ? window->length - TAIL_BYTES
								    : 0,
					TAIL_BYTES),
			    &state->info);
		break;
	case WAY_FRONT:
		if (window->first)
			read_front(run, state, window);
		break;
	default:
		break;
	}
	return r < 0 ? fault_memory(fault) : 0;
}

static bool
is_weights(const char *rule)
{
	return strncmp(rule, "weights-", 8) == 0 && rule != weights_rule_code;
}

static int
end(struct detect_run *run, void *memory, struct fault *fault)
{
	const struct state *state = memory;
	const struct weights_info *info = &state->info;
	struct tally_row row = {
	    .detector = &detect_weights,
	    .rule = info->rule,
	    .count = info->tensors > 0 ? info->tensors : 1,
	    .value = info->rule == weights_rule_notebook ? info->outputs : info->parameters,
	    .bytes = info->bytes > 0 ? info->bytes : run->size_bytes,
	};
	int r;

	if (info->rule == NULL)
		return 0;
	/* One row a model: shards share what they are. */
	row.key =
	    arena_printf(run->arena, "%s%s%s%s", info->architecture,
			 info->architecture[0] != '\0' && info->dtype[0] != '\0' ? ", " : "",
			 info->dtype, info->optimizer ? ", with the state of its optimizer" : "");
	if (row.key == NULL)
		return fault_memory(fault);
	/* Arrays are many and small: one row for all. */
	if (info->rule == weights_rule_arrays)
		row.key = "";
	if (!is_weights(info->rule))
		row.key = info->rule == weights_rule_code ? info->code : "";
	row.examples[0] = info->architecture[0] != '\0' ? info->architecture : NULL;
	r = tally_add(run, &row, fault);
	if (r < 0 || info->code[0] == '\0' || info->rule == weights_rule_code)
		return r;
	row = (struct tally_row){
	    .detector = &detect_weights, .rule = weights_rule_code, .key = info->code, .count = 1};
	return tally_add(run, &row, fault);
}

static const struct {
	const char *rule;
	enum severity severity;
	bool discloses;
	const char *what, *why, *fix;
} sorts[] = {
    {weights_rule_code, SEVERITY_HIGH, false, "a pickle that calls code when it is loaded",
     "whoever loads it runs what the file says", "save as safetensors"},
    {weights_rule_config, SEVERITY_LOW, false, "a model's configuration",
     "tells the shape of a network", "leave it out, if the network is not public"},
    {weights_rule_recipe, SEVERITY_MEDIUM, true, "a training recipe",
     "tells how a model was trained", "leave it out of the package"},
    {weights_rule_tokenizer, SEVERITY_LOW, false, "a tokenizer", "tells the vocabulary of a model",
     "leave it out, if the model is not public"},
    {weights_rule_notebook, SEVERITY_LOW, false, "a notebook",
     "outputs of cells may show data that the code does not",
     "jupyter nbconvert --clear-output --inplace FILE, or leave it out"},
    {weights_rule_prompt, SEVERITY_LOW, false, "what reads like a system prompt",
     "instructions to a model, in the clear", "load it at run time, if it is not public"},
    {weights_rule_data, SEVERITY_MEDIUM, true, "training data",
     "examples that a model is trained on", "leave it out of the package"},
};

static const char *
format_of(const char *rule)
{
	static const struct {
		const char *rule, *name;
	} formats[] = {
	    {weights_rule_safetensors, "safetensors"},
	    {weights_rule_gguf, "GGUF"},
	    {weights_rule_ggml, "ggml"},
	    {weights_rule_onnx, "ONNX"},
	    {weights_rule_coreml, "Core ML"},
	    {weights_rule_saved_model, "TensorFlow SavedModel"},
	    {weights_rule_tflite, "TFLite"},
	    {weights_rule_pytorch, "PyTorch"},
	    {weights_rule_pickle, "pickle"},
	    {weights_rule_arrays, "NumPy"},
	    {weights_rule_keras, "Keras"},
	    {weights_rule_tfjs, "TensorFlow.js"},
	};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i].rule == rule)
			return formats[i].name;
	return rule;
}

static bool
word_weights(struct arena *arena, const struct tally_row *row, uint64_t bytes, bool tiny,
	     struct finding *finding)
{
	bool arrays = row->rule == weights_rule_arrays;
	char size[32], tensors[32], parameters[32], files[32];

	(void)text_size(bytes, size);
	(void)text_count(row->count, tensors);
	(void)text_count(row->value, parameters);
	(void)text_count(row->blobs, files);
	finding->severity = tiny ? SEVERITY_INFO : arrays ? SEVERITY_LOW : SEVERITY_HIGH;
	finding->discloses = !tiny && !arrays;
	finding->title =
	    arena_printf(arena, "%s (%s%s%s) in %s %s: %s", arrays ? "arrays" : "model weights",
			 format_of(row->rule), row->key[0] != '\0' ? ", " : "", row->key, files,
			 row->blobs == 1 ? "file" : "files", size);
	finding->why =
	    row->value > 0
		? arena_printf(arena, "%s tensors with %s numbers: whoever has them has the model",
			       tensors, parameters)
		: "whoever has them has the model";
	if (tiny)
		finding->why = "so small that they are a test's, or a toy's";
	finding->fix = "leave them out of the package, or suppress this once where they are public";
	return finding->title != NULL && finding->why != NULL;
}

static bool
word_other(struct arena *arena, const struct tally_row *row, struct finding *finding)
{
	char files[32], outputs[32];

	(void)text_count(row->blobs, files);
	(void)text_count(row->value, outputs);
	for (size_t i = 0; i < ARRAY_LEN(sorts); i++) {
		if (sorts[i].rule != row->rule)
			continue;
		finding->severity = sorts[i].severity;
		finding->discloses = sorts[i].discloses;
		finding->why = sorts[i].why;
		finding->fix = sorts[i].fix;
		finding->title = arena_printf(
		    arena, "%s%s%s%s%s%s%s", sorts[i].what, row->key[0] != '\0' ? ": " : "",
		    row->key, row->examples[0] != NULL ? ": " : "",
		    row->examples[0] != NULL ? row->examples[0] : "",
		    row->blobs > 1 ? ", files like it: " : "", row->blobs > 1 ? files : "");
		if (row->rule == weights_rule_notebook)
			finding->title =
			    arena_printf(arena, "%s %s, %s outputs in them", files,
					 row->blobs == 1 ? "notebook" : "notebooks", outputs);
	}
	if (row->rule == weights_rule_data && row->bytes < TINY_BYTES) {
		finding->severity = SEVERITY_INFO;
		finding->discloses = false;
	}
	if (row->rule == weights_rule_notebook && row->value == 0)
		finding->severity = SEVERITY_INFO;
	return finding->title != NULL;
}

/* A manifest names shards that lie beside it (TensorFlow.js) or below it (SavedModel): they have
 * no structure of their own. */
static uint64_t
bytes_beside(const struct input_facts *facts, const struct tally_row *row)
{
	const char *name = strrchr(row->path, '/');
	size_t folder = name == NULL ? 0 : (size_t)(name - row->path) + 1;
	uint64_t bytes = row->bytes;

	if (row->rule != weights_rule_tfjs && row->rule != weights_rule_saved_model)
		return bytes;
	for (size_t i = 0; i < facts->files_count; i++)
		if (facts->files[i].kind == BLOB_BINARY &&
		    strncmp(facts->files[i].path, row->path, folder) == 0)
			bytes = weights_plus(bytes, facts->files[i].size_bytes);
	return bytes;
}

static int
input_end(struct detect_run *run, struct fault *fault)
{
	const struct tally_row **rows;
	uint64_t total = 0;
	size_t count;
	int r = tally_rows(run, &detect_weights, &rows, &count, fault);

	for (size_t i = 0; r == 0 && i < count; i++)
		if (is_weights(rows[i]->rule))
			total = weights_plus(total, bytes_beside(run->facts, rows[i]));
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct finding finding = {0};
		bool good;

		tally_to_finding(rows[i], &finding);
		if (is_weights(rows[i]->rule))
			good = word_weights(run->arena, rows[i], bytes_beside(run->facts, rows[i]),
					    total < TINY_BYTES, &finding);
		else
			good = word_other(run->arena, rows[i], &finding);
		if (!good)
			return fault_memory(fault);
		r = detect_report(run, &detect_weights, &finding, fault);
	}
	return r;
}

const struct detector detect_weights = {
    .name = "weights",
    .finds = "model weights, training recipes, tokenizers, notebooks and training data",
    .docs = "docs/detectors/weights.md",
    .state_bytes = sizeof(struct state),
    .wants = wants,
    .begin = begin,
    .window = window,
    .end = end,
    .input_end = input_end,
};
