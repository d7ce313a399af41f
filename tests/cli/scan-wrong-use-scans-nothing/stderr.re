nowhere
many
deepness
nonsense
--frobnicate
