const adjectives =
  "amber ample azure bold brave brisk calm candid clever coral cosmic crisp daring dapper eager early elated fabled fair fancy fleet fond frosty gentle gilded glad golden grand happy hardy honest humble icy ideal jade jolly keen kind lavender lively loyal lucid lucky mellow merry mighty mild misty modest neat nimble noble ochre opal patient pearl placid plucky polite proud quick quiet rapid rosy royal ruby rustic sage serene sharp shiny silent silver sleek smart snowy solid spry steady sunny swift tidy tranquil true vast velvet vivid warm wise witty zesty".split(
    " ",
  );
const animals =
  "adder albatross alpaca anteater armadillo badger bat bear beaver bison boar bobcat buffalo camel caribou cat cheetah cobra condor cougar coyote crane cricket crow deer dingo dolphin donkey dove dragonfly eagle eel elephant elk falcon ferret finch firefly fox gazelle gecko gibbon goose gull hare hawk hedgehog heron hippo hornet ibex ibis iguana jackal jaguar jay kestrel kiwi koala lark lemur leopard lion lizard llama lobster lynx macaw magpie mantis marmot marten mole mongoose moose moth mule newt ocelot octopus orca osprey otter owl ox panda panther parrot pelican penguin pigeon puma quail rabbit raccoon raven robin rook salmon seal shark sheep skunk sloth snail sparrow spider squid stork swan tapir tiger toad toucan trout turtle viper vole walrus wasp weasel whale wolf wombat woodpecker wren yak zebra".split(
    " ",
  );

/** A run's name when its creator gives none: `misty-heron`. `random` in [0, 1). */
export function runName(random: () => number): string {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? "run";
  return `${pick(adjectives)}-${pick(animals)}`;
}
