/*
 * test_weights.c - models, recipes, tokenizers; samples by tests/data/models/make.py
 */
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "detect/table.h"
#include "detect/weights_read.h"
#include "kit/detect_kit.h"
#include "unpack/sniff.h"

#define SAMPLE_BYTES_MAX 65536

struct sample {
	uint8_t at[SAMPLE_BYTES_MAX];
	size_t used;
};

static bool
load(const char *name, struct sample *sample)
{
	char path[128];
	ssize_t got;

	(void)snprintf(path, sizeof(path), "data/models/%s", name);
	AUTO(own_close)
	int fd = open(tap_data(path), O_RDONLY | O_CLOEXEC);

	got = fd < 0 ? -1 : read(fd, sample->at, sizeof(sample->at));
	sample->used = got < 0 ? 0 : (size_t)got;
	return got > 0;
}

static int
feed(struct detect_kit *kit, const char *name, struct bytes in)
{
	return detect_kit_blob(kit, name, sniff(bytes_slice(in, 0, SNIFF_BYTES), true), in);
}

static void
scan(struct detect_kit *kit, const char *name)
{
	static struct sample sample;

	detect_kit_init(kit, &detect_weights);
	OK(load(name, &sample));
	EQ_INT(feed(kit, name, bytes_make(sample.at, sample.used)), 0);
	EQ_INT(detect_kit_end(kit), 0);
}

static void
expect(const char *name, const char *rule, const char *title)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	tap_note("%s", name);
	scan(&kit, name);
	NEED(kit.findings.count == 1);
	EQ_STR(kit.findings.list[0].rule, rule);
	HAS_STR(kit.findings.list[0].title, title);
}

TEST(weights_knows_every_container_by_its_structure)
{
	expect("safetensors", "weights-safetensors", "(safetensors, F32) in 1 file: 544 bytes");
	expect("gguf", "weights-gguf", "(GGUF, llama)");
	expect("onnx", "weights-onnx", "(ONNX, F32)");
	expect("keras", "weights-keras", "(Keras)");
	expect("npy", "weights-arrays", "arrays (NumPy)");
	expect("torch-data.pkl", "weights-pytorch", "(PyTorch, F16) in 1 file: 8.3 kB");
	expect("torch-optimizer.pkl", "weights-pytorch", "with the state of its optimizer");
	expect("ggml", "weights-ggml", "(ggml)");
	expect("saved_model.pb", "weights-saved-model", "(TensorFlow SavedModel)");
	expect("coreml", "weights-coreml", "(Core ML)");
	expect("tflite", "weights-tflite", "(TFLite)");
	expect("tfjs.json", "weights-tfjs", "(TensorFlow.js)");
}

TEST(weights_knows_what_stands_around_models)
{
	expect("config.json", "model-config", "RocketForCausalLM");
	expect("generation_config.json", "model-config", "configuration");
	expect("tokenizer.json", "tokenizer", "a tokenizer");
	expect("vocab.json", "tokenizer", "a tokenizer");
	expect("merges.txt", "tokenizer", "a tokenizer");
	expect("sentencepiece", "tokenizer", "a tokenizer");
	expect("notebook.ipynb", "notebook", "1 notebook, 1 outputs");
	expect("recipe.yaml", "training-recipe", "a training recipe");
	expect("recipe.json", "training-recipe", "a training recipe");
	expect("data.jsonl", "training-data", "training data");
	expect("parquet", "training-data", "training data");
	expect("prompt.md", "system-prompt", "system prompt");
}

TEST(weights_finds_pickles_that_call_code_in_every_protocol)
{
	expect("pickle-system-2", "weights-pickle-code", "posix.system");
	expect("pickle-system-4", "weights-pickle-code", "posix.system");
}

TEST(weights_says_nothing_of_a_plain_pickle)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	scan(&kit, "pickle-plain");
	EQ_U64(kit.findings.count, 0);
}

TEST(weights_pickle_follows_the_memo_to_what_is_imported)
{
	/* "os" and "system" are put into the memo and fetched back in front of STACK_GLOBAL. */
	static const char text[] = "\x80\x04\x8c\x02os\x94"
				   "0\x8c\x06system\x94"
				   "0h\x00h\x01\x93.";
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	detect_kit_init(&kit, &detect_weights);
	EQ_INT(detect_kit_blob(&kit, "x.pkl", BLOB_PICKLE, BYTES_OF(text)), 0);
	EQ_INT(detect_kit_end(&kit), 0);
	NEED(kit.findings.count == 1);
	HAS_STR(kit.findings.list[0].title, "os.system");
	EQ_INT(kit.findings.list[0].severity, SEVERITY_HIGH);
	OK(!kit.findings.list[0].discloses);
}

TEST(weights_below_the_floor_are_information)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	scan(&kit, "safetensors");
	NEED(kit.findings.count == 1);
	EQ_INT(kit.findings.list[0].severity, SEVERITY_INFO);
	OK(!kit.findings.list[0].discloses);
}

static const char header[] =
    "{\"__metadata__\":{\"format\":\"pt\"},"
    "\"a\":{\"dtype\":\"BF16\",\"shape\":[1000,1000],\"data_offsets\":[0,2000000]}}";

static void
put64(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

TEST(weights_above_the_floor_disclose_and_shards_are_one_finding)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	AUTO(own_free)
	uint8_t *shard = calloc(1, 2100000);

	detect_kit_init(&kit, &detect_weights);
	NEED(shard != NULL);
	put64(shard, sizeof(header) - 1);
	memcpy(shard + 8, header, sizeof(header) - 1);
	for (int i = 1; i <= 3; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "model-%05d-of-00003.bin", i);
		EQ_INT(detect_kit_blob(&kit, name, BLOB_SAFETENSORS, bytes_make(shard, 2100000)),
		       0);
	}
	EQ_INT(detect_kit_end(&kit), 0);
	NEED(kit.findings.count == 1);
	EQ_INT(kit.findings.list[0].severity, SEVERITY_HIGH);
	OK(kit.findings.list[0].discloses);
	HAS_STR(kit.findings.list[0].title, "(safetensors, BF16) in 3 files: 6.0 MB");
	HAS_STR(kit.findings.list[0].why, "3 tensors with 3,000,000 numbers");
}

TEST(weights_of_tensorflow_js_count_the_shards_beside)
{
	static struct sample sample;
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	struct fact_file shard = {.path = "input!/web/group1-shard1of1.bin",
				  .inner = "web/group1-shard1of1.bin",
				  .size_bytes = 4000000,
				  .kind = BLOB_BINARY};

	detect_kit_init(&kit, &detect_weights);
	NEED(load("tfjs.json", &sample));
	EQ_INT(facts_add_file(&kit.facts, &shard, NULL), 0);
	EQ_INT(feed(&kit, "web/model.json", bytes_make(sample.at, sample.used)), 0);
	EQ_INT(detect_kit_end(&kit), 0);
	NEED(kit.findings.count == 1);
	EQ_INT(kit.findings.list[0].severity, SEVERITY_HIGH);
	HAS_STR(kit.findings.list[0].title, "4.0 MB");
}

TEST(weights_recipe_is_not_seen_in_code)
{
	static const char *const texts[] = {
	    "train(\n    learning_rate=0.1,\n    num_train_epochs=3,\n    weight_decay=0.1,\n)\n",
	    "class Args:\n    learning_rate: float = 0.1\n    weight_decay: float = 0.1\n"
	    "    num_train_epochs: int = 3\n    lora_r: int = 4\n",
	    "learning_rate, weight_decay and num_train_epochs are explained in learning_rate.md\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(detect_kit_fini)
		struct detect_kit kit;

		detect_kit_init(&kit, &detect_weights);
		EQ_INT(feed(&kit, "train.py", bytes_text(texts[i])), 0);
		EQ_INT(detect_kit_end(&kit), 0);
		EQ_U64(kit.findings.count, 0);
	}
}

TEST(weights_recipe_is_not_one_setting_for_many_sizes)
{
	/* How a compiled kernel is tuned: the same name again and again. */
	static const char text[] = "{\"meta\": {\"reps\": 20}, \"configs\": {"
				   "\"1\": {\"block_size\": 448}, \"2\": {\"block_size\": 448}, "
				   "\"4\": {\"block_size\": 448}, \"8\": {\"block_size\": 256}}}\n";
	AUTO(detect_kit_fini)
	struct detect_kit kit;

	detect_kit_init(&kit, &detect_weights);
	EQ_INT(feed(&kit, "GPU.json", bytes_text(text)), 0);
	EQ_INT(detect_kit_end(&kit), 0);
	EQ_U64(kit.findings.count, 0);
}

/* Windows and damage */

static const char *const samples[] = {
    "safetensors",
    "gguf",
    "onnx",
    "keras",
    "npy",
    "parquet",
    "torch-data.pkl",
    "torch-optimizer.pkl",
    "pickle-system-4",
    "pickle-plain",
    "ggml",
    "saved_model.pb",
    "coreml",
    "tflite",
    "sentencepiece",
    "config.json",
    "tokenizer.json",
    "notebook.ipynb",
    "recipe.yaml",
    "data.jsonl",
    "merges.txt",
    "prompt.md",
};

/* Sizes of windows change no answer, once the margin holds a header. */
TEST(weights_are_the_same_wherever_windows_are_cut)
{
	static const char *const streamed[] = {"safetensors", "gguf", "onnx", "torch-data.pkl",
					       "pickle-system-4"};
	static struct sample sample;

	for (size_t i = 0; i < ARRAY_LEN(streamed); i++)
		for (size_t step = 8; step < 300; step += 7) {
			AUTO(detect_kit_fini)
			struct detect_kit one;
			AUTO(detect_kit_fini)
			struct detect_kit many;

			detect_kit_init(&one, &detect_weights);
			detect_kit_init(&many, &detect_weights);
			NEED(load(streamed[i], &sample));
			many.window_bytes = step;
			many.margin_bytes = WEIGHTS_HEADER_MAX;
			EQ_INT(feed(&one, "x", bytes_make(sample.at, sample.used)), 0);
			EQ_INT(feed(&many, "x", bytes_make(sample.at, sample.used)), 0);
			EQ_INT(detect_kit_end(&one), 0);
			EQ_INT(detect_kit_end(&many), 0);
			NEED(one.findings.count == 1 && many.findings.count == 1);
			EQ_STR(many.findings.list[0].title, one.findings.list[0].title);
			EQ_STR(many.findings.list[0].why, one.findings.list[0].why);
		}
}

static int
read_any(struct bytes in, enum blob_kind kind)
{
	AUTO(detect_kit_fini)
	struct detect_kit kit;
	int r;

	detect_kit_init(&kit, &detect_weights);
	r = detect_kit_blob(&kit, "x", kind, in);
	return r == 0 ? detect_kit_end(&kit) : r;
}

TEST(weights_survive_every_truncation)
{
	static struct sample sample;

	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		NEED(load(samples[i], &sample));
		for (size_t length = 0; length < sample.used; length++) {
			AUTO(own_free)
			uint8_t *copy = malloc(length + 1);

			memcpy(copy, sample.at, length);
			NEED(read_any(bytes_make(copy, length), BLOB_BINARY) == 0);
			NEED(read_any(bytes_make(copy, length), BLOB_TEXT) == 0);
		}
	}
}

TEST(weights_survive_every_flipped_byte)
{
	static struct sample sample;

	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		NEED(load(samples[i], &sample));
		for (size_t at = 0; at < sample.used; at++) {
			sample.at[at] ^= 0xff;
			NEED(read_any(bytes_make(sample.at, sample.used), BLOB_BINARY) == 0);
			NEED(read_any(bytes_make(sample.at, sample.used), BLOB_TEXT) == 0);
			sample.at[at] ^= 0xff;
		}
	}
}

TEST(weights_survive_every_refused_allocation)
{
	static struct sample sample;

	NEED(load("torch-data.pkl", &sample));
	EACH_FAILED_ALLOC
	{
		int r = read_any(bytes_make(sample.at, sample.used), BLOB_PICKLE);

		if (r != 0)
			EQ_INT(r, FAULT_MEMORY);
	}
}
